import { expect, it } from 'vitest';

import { ReadroomError } from '../../../src/contract/errors.ts';
import { shownError } from '../../../src/renderer/shown-error.ts';

it('leaves what has words already', () => {
  const error = new ReadroomError('usage', 'No.', 'Do this.');
  expect(shownError(error)).toBe(error);
});

it.each([
  'Failed to fetch',
  'Failed to fetch dynamically imported module: http://127.0.0.1/assets/a.js',
  'NetworkError when attempting to fetch resource.',
  'Load failed',
  'Unable to preload CSS for http://127.0.0.1/assets/a.css',
])('says what to do where nobody answered: %s', (message) => {
  const { message: text, hint, code } = shownError(new Error(message));
  expect([text, code]).toEqual(['Readroom does not answer, so this could not be done.', 'workerDied']);
  expect(hint).toContain('start it again');
});

it('says the same of a call whose connection was closed', () => {
  const closed = new ReadroomError('workerDied', 'The connection was closed (code 1006).', '', {
    code: 1006,
  });
  expect(shownError(closed).message).toBe('Readroom does not answer, so this could not be done.');
  const died = new ReadroomError('workerDied', 'The trainer died.', '', { code: 1, signal: null });
  expect(shownError(died)).toBe(died);
});

it('asks for a report of anything else', () => {
  expect(shownError(new Error('x is undefined'))).toMatchObject({
    code: 'internal',
    message: 'x is undefined',
  });
  expect(shownError('odd').hint).toContain('report');
});
