import { describe, expect, it } from 'vitest';

import { sampleWords } from '../../../../src/renderer/features/train/sample-words.ts';

const image = 'one';

describe('a sample prediction', () => {
  it('of a number tells the error with its sign and unit', () => {
    const task = { kind: 'regression', unit: 'months', low: null, high: null } as const;
    const words = sampleWords(task, { image, truth: 84, probabilities: [79.3] });
    expect(words).toMatchObject({ truth: '84 months', said: '79.3 months', verdict: '−4.7 months' });
  });

  it('of several labels counts what is missed and what is too much', () => {
    const task = { kind: 'multiLabel' as const, classes: ['a', 'b', 'c'] };
    const wrong = sampleWords(task, { image, truth: [0, 1], probabilities: [0.9, 0.2, 0.7] });
    expect(wrong).toMatchObject({ isRight: false, verdict: '✗ 2 labels wrong', truths: ['a', 'b'] });
    const none = sampleWords(task, { image, truth: [], probabilities: [0.1, 0.2, 0.3] });
    expect(none).toMatchObject({ isRight: true, truth: 'none of the classes' });
  });

  it('of one class is right where the truth is the most probable one', () => {
    const task = { kind: 'multiClass' as const, classes: ['a', 'b'] };
    expect(sampleWords(task, { image, truth: 1, probabilities: [0.4, 0.6] }).isRight).toBe(true);
    expect(sampleWords(task, { image, truth: 0, probabilities: [0.4, 0.6] }).verdict).toBe('✗ wrong');
  });
});
