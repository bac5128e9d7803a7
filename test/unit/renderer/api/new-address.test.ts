import { expect, it } from 'vitest';

import { newAddress } from '../../../../src/renderer/api/new-address.ts';

const token = 'abcdefghijklmnopqrstuvwxyz012345';
const here = { origin: 'http://127.0.0.1:4000', pathname: '/project/1/train' };

it('stays at its place on the same server', () => {
  const at = `http://127.0.0.1:4000/project/1/train?token=${token}`;
  expect(newAddress(` http://127.0.0.1:4000/?token=${token}\n`, here)).toBe(at);
  expect(newAddress(`127.0.0.1:4000/?token=${token}`, here)).toBe(at);
  expect(newAddress(token, here)).toBe(at);
});

it('goes to another server as it is', () => {
  const other = `http://127.0.0.1:5000/?token=${token}`;
  expect(newAddress(other, here)).toBe(other);
});

it.each([
  '',
  'http://127.0.0.1:4000/',
  'http://127.0.0.1:4000/?token=short',
  `javascript:alert(1)?token=${token}`,
  `javascript://127.0.0.1:4000/?token=%0aalert(1)`,
  'no address at all',
])('takes nothing else: %j', (pasted) => {
  expect(newAddress(pasted, here)).toBeNull();
});
