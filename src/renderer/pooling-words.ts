import type { LearningTask } from '../contract/learning-task.ts';
import type { EvaluationLevel, PoolingRule } from '../contract/run.ts';

/** How predictions of images become one, as people read it. */
export const poolingWords: Readonly<Record<PoolingRule, string>> = {
  mean: 'the mean',
  max: 'the highest',
  noisyOr: 'noisy-or',
};

/** Noisy-or is of two classes and of several labels; numbers have a mean alone. */
export function poolingChoices(task: LearningTask): { value: PoolingRule; label: string }[] {
  const mean = { value: 'mean' as const, label: 'Mean of the images' };
  if (task.kind === 'regression') return [mean];
  const hasNoisyOr = task.kind === 'multiLabel' || task.classes.length === 2;
  return [
    mean,
    { value: 'max', label: 'The highest image' },
    ...(hasNoisyOr ? [{ value: 'noisyOr' as const, label: 'Noisy-or: one image at least shows it' }] : []),
  ];
}

export const levelChoices: readonly { value: EvaluationLevel; label: string }[] = [
  { value: 'image', label: 'Images' },
  { value: 'study', label: 'Studies' },
  { value: 'patient', label: 'Patients' },
];
