import { describe, expect, it } from 'vitest';

import { poolAnswers } from '../../../src/core/pooling.ts';

const expectAnswers = (answers: readonly number[], expected: readonly number[]): void => {
  expect(answers.length).toBe(expected.length);
  answers.forEach((one, place) => expect(one).toBeCloseTo(expected[place]!, 12));
};

describe('pooling of images', () => {
  const three = [
    [0.9, 0.1],
    [0.4, 0.6],
    [0.5, 0.5],
  ];

  it('takes mean, highest or noisy-or of the positive class', () => {
    for (const kind of ['binary', 'multiClass'] as const) {
      expectAnswers(poolAnswers({ kind }, three, 'mean'), [0.6, 0.4]);
      expectAnswers(poolAnswers({ kind }, three, 'max'), [0.4, 0.6]);
      expectAnswers(poolAnswers({ kind }, three, 'noisyOr'), [0.9 * 0.4 * 0.5, 1 - 0.9 * 0.4 * 0.5]);
      // With the first class positive the highest of that one counts.
      expectAnswers(poolAnswers({ kind }, three, 'max', 0), [0.9, 0.1]);
      // One image says what it says.
      expectAnswers(poolAnswers({ kind }, [[0.7, 0.3]], 'noisyOr'), [0.7, 0.3]);
    }
  });

  it('keeps probabilities of more classes a distribution, and refuses noisy-or of them', () => {
    const answers = [
      [0.2, 0.3, 0.5],
      [0.6, 0.3, 0.1],
    ];
    for (const kind of ['multiClass', 'ordinal'] as const) {
      expectAnswers(poolAnswers({ kind }, answers, 'mean'), [0.4, 0.3, 0.3]);
      expectAnswers(poolAnswers({ kind }, answers, 'max'), [0.6 / 1.4, 0.3 / 1.4, 0.5 / 1.4]);
      expect(() => poolAnswers({ kind }, answers, 'noisyOr')).toThrow(
        'Noisy-or pools two classes, and here are 3.',
      );
    }
  });

  it('pools labels each on its own, two of them too', () => {
    const answers = [
      [0.5, 0.1, 0.8],
      [0.5, 0.3, 0.6],
    ];
    expectAnswers(poolAnswers({ kind: 'multiLabel' }, answers, 'noisyOr'), [0.75, 0.37, 0.92]);
    expectAnswers(poolAnswers({ kind: 'multiLabel' }, answers, 'max'), [0.5, 0.3, 0.8]);
    expectAnswers(
      poolAnswers(
        { kind: 'multiLabel' },
        answers.map((row) => row.slice(0, 2)),
        'mean',
      ),
      [0.5, 0.2],
    );
  });

  it('takes the mean of numbers', () => {
    expect(poolAnswers({ kind: 'regression' }, [[10], [15]], 'mean')).toEqual([12.5]);
  });
});
