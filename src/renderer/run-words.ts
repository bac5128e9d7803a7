import type { EpochRecord, RunStatus } from '../contract/events.ts';
import type { LearningTask } from '../contract/learning-task.ts';
import type { LabelSchema } from '../contract/project.ts';
import type { Recipe } from '../contract/recipe.ts';
import { quantity } from '../core/figures.ts';
import { learningTaskOf } from '../core/learning-task.ts';
import { share } from '../core/words.ts';
import { networks } from '../nn/models/index.ts';

type BadgeKind = 'plain' | 'accent' | 'good' | 'warning' | 'danger';

/** How loudly a run's status is said. */
export const runStatusKinds: Readonly<Record<RunStatus, BadgeKind>> = {
  queued: 'plain',
  starting: 'accent',
  running: 'accent',
  paused: 'warning',
  stopping: 'warning',
  completed: 'good',
  failed: 'danger',
  cancelled: 'plain',
  interrupted: 'warning',
};

export const networkName = (id: string): string => networks.find((network) => network.id === id)?.name ?? id;

/** `0.000312`; small rates with an exponent: `3.1e-5`. */
export function rateWords(rate: number): string {
  return rate !== 0 && Math.abs(rate) < 1e-4 ? rate.toExponential(1) : quantity(rate, 3);
}

/** Whether a backend's device is a graphics card: said as a badge either way. */
export function deviceKind({
  backend,
  device,
}: {
  backend: string | null;
  device: string | null;
}): 'GPU' | 'CPU' | null {
  if (backend === null && device === null) return null;
  return /^cpu\b/i.test(device ?? backend ?? '') ? 'CPU' : 'GPU';
}

/** Whether a network answers for the picture or for each of its pixels. */
export const networkSays = (id: string): 'image' | 'pixels' =>
  networks.find((network) => network.id === id)?.says ?? 'image';

/** What a run has learned, as its model has it; without a model, what a recipe learns of such labels. */
export function taskOfRun(
  {
    recipe,
    classes,
    task,
  }: {
    recipe: Pick<Recipe, 'output' | 'network'>;
    classes: readonly string[];
    task?: LearningTask | undefined;
  },
  labels: LabelSchema,
): LearningTask {
  return task ?? learningTaskOf(recipe, networkSays(recipe.network.id), labels, classes);
}

/** How well an epoch does on the validation part, in the task's own measure; null where none was worked out. */
export function epochResult(
  record: Partial<Pick<EpochRecord, 'valAccuracy' | 'valMae' | 'valDice'>>,
  unit: string,
): { name: string; value: string } | null {
  const { valAccuracy, valMae, valDice } = record;
  if (valMae != null) return { name: 'mean absolute error', value: `${quantity(valMae)} ${unit}`.trim() };
  if (valDice != null) return { name: 'pooled Dice', value: share(valDice) };
  return valAccuracy == null ? null : { name: 'accuracy', value: share(valAccuracy) };
}
