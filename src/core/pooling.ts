import { ReadroomError } from '../contract/errors.ts';
import type { PoolingRule } from '../contract/evaluation.ts';
import type { LearningTask } from '../contract/learning-task.ts';

/**
 * What is predicted of a study or a patient from what is predicted of its images. Pool the rows of validation too: a
 * threshold chosen on images does not fit pooled probabilities.
 *
 * Two classes: the positive class's probability by the rule, the other's is the rest. More, and grades: the mean; or
 * each class's highest, divided by their sum. Labels each on its own; a number the mean, whatever the rule.
 *
 * @param answers one row an image, one or more
 * @param positive place of the positive class of two; null: the last
 * @throws ReadroomError `usage` for noisy-or of more than two exclusive classes
 */
export function poolAnswers(
  { kind }: Pick<LearningTask, 'kind'>,
  answers: readonly (readonly number[])[],
  rule: PoolingRule,
  positive: number | null = null,
): number[] {
  if (kind === 'segmentation') throw new Error('Masks are not pooled');
  if (kind === 'regression') return poolEach(answers, 'mean');
  return kind === 'multiLabel' ? poolEach(answers, rule) : poolExclusive(answers, rule, positive);
}

function poolExclusive(
  all: readonly (readonly number[])[],
  rule: PoolingRule,
  positive: number | null,
): number[] {
  const classes = all[0]!.length;
  if (classes === 2) {
    const at = positive ?? 1;
    const one = pool(
      all.map((probabilities) => probabilities[at]!),
      rule,
    );
    return at === 1 ? [1 - one, one] : [one, 1 - one];
  }
  if (rule === 'noisyOr') {
    throw new ReadroomError(
      'usage',
      `Noisy-or pools two classes, and here are ${classes}.`,
      'Choose mean or max.',
    );
  }
  const pooled = poolEach(all, rule);
  const sum = pooled.reduce((total, probability) => total + probability, 0);
  return pooled.map((probability) => probability / sum);
}

function poolEach(all: readonly (readonly number[])[], rule: PoolingRule): number[] {
  return all[0]!.map((_, place) =>
    pool(
      all.map((probabilities) => probabilities[place]!),
      rule,
    ),
  );
}

function pool(values: readonly number[], rule: PoolingRule): number {
  if (rule === 'mean') return values.reduce((sum, value) => sum + value, 0) / values.length;
  if (rule === 'max') return values.reduce((most, value) => Math.max(most, value));
  return 1 - values.reduce((none, value) => none * (1 - value), 1);
}
