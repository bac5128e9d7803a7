import { expect, it } from 'vitest';

import { restSentences } from '../../../../src/renderer/features/home/runs-at-rest.ts';

const of = (waiting: number, interrupted: number, project: string | null = 'p') => ({
  runs: { waiting, interrupted },
  project,
});

it('says nothing where nothing stands still', () => {
  expect(restSentences(of(0, 0), true)).toEqual([]);
});

it('says what the runs wait for', () => {
  expect(restSentences(of(1, 0), false)).toEqual(['1 run waits for a turn to train.']);
  expect(restSentences(of(2, 0, null), false)).toEqual(['2 runs wait until the project is open.']);
  expect(restSentences(of(2, 0), true)).toEqual(['2 runs wait: the queue is paused.']);
});

it('counts interrupted runs apart', () => {
  expect(restSentences(of(1, 1), true)).toHaveLength(2);
  expect(restSentences(of(0, 3, null), false)).toEqual(['3 runs were interrupted and can be resumed.']);
});
