import { expect, it } from 'vitest';

import {
  waitedBeforeSentence,
  waitingSentence,
} from '../../../../src/renderer/features/train/waiting-sentence.ts';

it('counts the runs that were in the queue before', () => {
  expect(waitedBeforeSentence(1)).toMatch(/^1 run was .* It keeps its place\.$/);
  expect(waitedBeforeSentence(2)).toMatch(/^2 runs were .* They keep their places\.$/);
});

it('says why a run has not begun', () => {
  expect(waitingSentence(2, false)).toBe('It waits for its turn: place 2 in the queue.');
  expect(waitingSentence(null, true)).toContain('The queue is paused');
});
