import { expect, it } from 'vitest';

import { idleWords } from '../../../../src/renderer/frame/job-words.ts';

it('says what waits while nothing is at work', () => {
  expect(idleWords(0, true)).toBe('Nothing is running');
  expect(idleWords(1, false)).toBe('1 run waits');
  expect(idleWords(2, true)).toBe('The queue is paused: 2 runs wait');
});
