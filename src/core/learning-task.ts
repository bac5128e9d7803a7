import type { LearningTask, LearningTaskKind } from '../contract/learning-task.ts';
import type { LabelSchema } from '../contract/project.ts';
import {
  classLossIds,
  type LossId,
  maskLossIds,
  type MonitorId,
  numberLossIds,
  type Recipe,
} from '../contract/recipe.ts';
import { oneOf } from './words.ts';

/**
 * What a recipe's network learns of a project's labels: masks where it answers for every pixel, else what labels are.
 *
 * @param classes names, in their order
 */
export function learningTaskOf(
  { output }: Pick<Recipe, 'output'>,
  says: 'image' | 'pixels',
  { kind, number }: Pick<LabelSchema, 'kind' | 'number'>,
  classes: readonly string[],
): LearningTask {
  const names = [...classes];
  if (says === 'pixels') return { kind: 'segmentation', classes: names };
  switch (kind) {
    case 'number':
      return {
        kind: 'regression',
        unit: number?.unit ?? '',
        low: number?.low ?? null,
        high: number?.high ?? null,
      };
    case 'multi':
      return { kind: 'multiLabel', classes: names };
    case 'ordinal':
      return { kind: output.grades === 'ordinal' ? 'ordinal' : 'multiClass', classes: names };
    case 'single': {
      const isBinary = output.twoClasses === 'sigmoid' && names.length === 2;
      return { kind: isBinary ? 'binary' : 'multiClass', classes: names };
    }
  }
}

/** The loss of a recipe that leaves it open. */
export function usualLoss(kind: LearningTaskKind): LossId {
  if (kind === 'regression') return 'squared';
  return kind === 'segmentation' ? 'diceCrossEntropy' : 'crossEntropy';
}

/** The losses that a task can be learned by. */
export function lossesOf(kind: LearningTaskKind): readonly LossId[] {
  if (kind === 'regression') return numberLossIds;
  return kind === 'segmentation' ? maskLossIds : classLossIds;
}

/** The validation values that a task has. */
export function monitorsOf(kind: LearningTaskKind): readonly MonitorId[] {
  if (kind === 'regression') return ['valLoss', 'valMae'];
  if (kind === 'segmentation') return ['valLoss', 'valAccuracy', 'valDice'];
  return ['valLoss', 'valAccuracy', 'valBalancedAccuracy', 'valAuc', 'valF1'];
}

const taskWords: Readonly<Record<LearningTaskKind, string>> = {
  multiClass: 'one of several classes',
  binary: 'one of two classes',
  multiLabel: 'several classes at once',
  ordinal: 'grades',
  regression: 'numbers',
  segmentation: 'masks',
};

/** What is learned, in words: "grades". */
export function wordsOfTask(kind: LearningTaskKind): string {
  return taskWords[kind];
}

/** What a recipe asks for that its task does not have, a sentence each that begins with the key to change. */
export function taskContradictions(recipe: Recipe, kind: LearningTaskKind): string[] {
  const { input, loss, earlyStopping, classWeights, sampling, augmentation, table } = recipe;
  const learned = taskWords[kind];
  const problems: string[] = [];
  if (loss.id !== null && !lossesOf(kind).includes(loss.id))
    problems.push(
      `loss.id is ${loss.id}, but must be ${oneOf(lossesOf(kind))} where ${learned} are learned.`,
    );
  if (!monitorsOf(kind).includes(earlyStopping.monitor))
    problems.push(
      `earlyStopping.monitor is ${earlyStopping.monitor}, but must be ${oneOf(monitorsOf(kind))} where ${learned} are learned.`,
    );
  if (classWeights === 'balanced' && kind === 'regression')
    problems.push(
      'classWeights is balanced, but must be none where numbers are learned: they have no classes.',
    );
  if (sampling === 'balanced' && (kind === 'regression' || kind === 'segmentation' || kind === 'multiLabel'))
    problems.push(
      `sampling is balanced, but must be shuffled where ${learned} are learned: a picture is not of one class.`,
    );
  if (augmentation.mixup > 0 && (kind === 'ordinal' || kind === 'segmentation'))
    problems.push(
      `augmentation.mixup is ${augmentation.mixup}, but must be 0 where ${learned} are learned: they cannot be mixed.`,
    );
  if (input.tiles > 1 && kind !== 'segmentation')
    problems.push(
      `input.tiles is ${input.tiles}, but must be 1 where ${learned} are learned: that takes the whole picture.`,
    );
  if (table.use !== 'none' && kind === 'segmentation')
    problems.push(`table.use is ${table.use}, but must be none where masks are learned.`);
  return problems;
}
