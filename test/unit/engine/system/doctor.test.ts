import { expect, it } from 'vitest';

import { downloadWords } from '../../../../src/engine/system/doctor.ts';

it.each([
  'TypeError: fetch failed',
  'Error: getaddrinfo ENOTFOUND github.com',
  'connect ECONNREFUSED 10.0.0.1',
])('says in words that the network failed: %s', (reason) =>
  expect(downloadWords(reason)).toBe('the site that holds it could not be reached'),
);

it('leaves any other reason as it is', () => {
  expect(downloadWords('no bytes for 60 s')).toBe('no bytes for 60 s');
});
