import { expect, it } from 'vitest';

import { secondsLeftOf } from '../../../../src/renderer/stores/job-pace.ts';

const part = { atMs: 1000, done: 0, total: 100 };

it('tells what is left at the pace so far, counted from where the part began', () => {
  expect(secondsLeftOf(part, 50, 11_000, null)).toBe(10);
  expect(secondsLeftOf({ ...part, done: 40 }, 50, 11_000, null)).toBe(50);
});

it('says nothing before the pace tells, and keeps what it said of the same part', () => {
  expect(secondsLeftOf(part, 1, 11_000, null)).toBeNull();
  expect(secondsLeftOf(part, 50, 1100, null)).toBeNull();
  expect(secondsLeftOf(part, 1, 11_000, 7)).toBe(7);
  expect(secondsLeftOf({ ...part, total: null }, 50, 11_000, 7)).toBeNull();
});

it('never tells 0 s of work that goes on: after the last picture comes another part', () => {
  expect(secondsLeftOf(part, 100, 11_000, 0.4)).toBeNull();
});
