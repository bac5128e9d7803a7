import { expect, it } from 'vitest';

import { idleWords, workWords } from '../../../../src/renderer/frame/job-words.ts';

it('says what waits while nothing is at work', () => {
  expect(idleWords(0, true)).toBe('Nothing is running');
  expect(idleWords(1, false)).toBe('1 run waits');
  expect(idleWords(2, true)).toBe('The queue is paused: 2 runs wait');
});

it('says what a training still prepares, whose bar is not the one of its epochs', () => {
  expect(workWords('train', '')).toBe('training');
  expect(workWords('train', 'Preparing pictures')).toBe('training: preparing pictures');
});
