import type { EvaluationLevel, PoolingRule } from '../../../contract/run.ts';

/** How predictions of images become one, as people read it. */
export const poolingWords: Readonly<Record<PoolingRule, string>> = {
  mean: 'the mean',
  max: 'the highest',
  noisyOr: 'noisy-or',
};

export const poolingChoices: readonly { value: PoolingRule; label: string }[] = [
  { value: 'mean', label: 'Mean of the images' },
  { value: 'max', label: 'The highest image' },
  { value: 'noisyOr', label: 'Noisy-or: one image at least shows it' },
];

export const levelChoices: readonly { value: EvaluationLevel; label: string }[] = [
  { value: 'image', label: 'Images' },
  { value: 'study', label: 'Studies' },
  { value: 'patient', label: 'Patients' },
];
