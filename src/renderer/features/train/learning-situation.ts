import { classesOf, type LearningTask, type LearningTaskKind } from '../../../contract/learning-task.ts';
import type { LabelClass, LabelSchema, Task } from '../../../contract/project.ts';
import type { Recipe } from '../../../contract/recipe.ts';
import { lossesOf, monitorsOf } from '../../../core/learning-task.ts';
import { listed } from '../../../core/words.ts';
import { networks } from '../../../nn/models/index.ts';
import { taskOfRun } from '../../run-words.ts';

/** What of a project decides what can be learned in it. */
export interface LearningSituation {
  readonly task: Task;
  readonly labels: LabelSchema;
  readonly classes: readonly Pick<LabelClass, 'name'>[];
  readonly hasTable: boolean;
}

const hasAreas = ({ shapes }: LabelSchema): boolean => shapes.some((shape) => shape !== 'point');

/** Whether networks that say this can learn what the project has. Where both can, a person chooses. */
export function canLearn({ task, labels }: LearningSituation, says: 'image' | 'pixels'): boolean {
  return says === 'pixels' ? task === 'segmentation' || hasAreas(labels) : task !== 'segmentation';
}

/** What a recipe would learn of a project. */
export function taskIn(
  { labels, classes }: Pick<LearningSituation, 'labels' | 'classes'>,
  recipe: Pick<Recipe, 'output' | 'network'>,
): LearningTask {
  return taskOfRun({ recipe, classes: classes.map(({ name }) => name) }, labels);
}

/** What will be learned, in a sentence. */
export function taskSentence(task: LearningTask): string {
  const classes = [...classesOf(task)];
  if (task.kind !== 'regression' && classes.length === 0)
    return 'There are no classes yet: add them in Data.';
  switch (task.kind) {
    case 'multiClass':
      return `Tells apart ${listed(classes)}.`;
    case 'binary':
      return `Tells ${classes[1]} from ${classes[0]} by one output: how probable ${classes[1]} is.`;
    case 'multiLabel':
      return `Which of these are there, each for itself: ${listed(classes)}.`;
    case 'ordinal':
      return `Grades ${classes.join(' < ')}.`;
    case 'regression':
      return task.unit === '' ? 'A number for each picture.' : `A number for each picture, in ${task.unit}.`;
    case 'segmentation':
      return `Masks of ${listed(classes)}: the class of every pixel.`;
  }
}

/** A value that a field offers. */
export interface Offer {
  readonly value: string;
  readonly group?: string;
  readonly disabled?: boolean;
}

/** All networks, by family; those that cannot learn what the project has stand under why not. */
export function networksOffered(situation: LearningSituation): Offer[] {
  const sorted = [...networks].sort(
    (a, b) => Number(canLearn(situation, b.says)) - Number(canLearn(situation, a.says)),
  );
  return sorted.map(({ id, family, says }) => {
    if (canLearn(situation, says)) return { value: id, group: family };
    const group =
      says === 'pixels'
        ? 'For masks: nothing is drawn in this project'
        : 'For labels: this project has masks';
    return { value: id, group, disabled: true };
  });
}

/** The values of a key that a task has; null for a key whose values every task has. */
export function valuesOffered(key: string, kind: LearningTaskKind): readonly string[] | null {
  if (key === 'loss.id') return lossesOf(kind);
  return key === 'earlyStopping.monitor' ? monitorsOf(kind) : null;
}

/** Whether a key means anything for what is learned. */
export function isOffered(key: string, kind: LearningTaskKind, situation: LearningSituation): boolean {
  const { labels, classes, hasTable } = situation;
  const saysPixels = kind === 'segmentation';
  switch (key) {
    case 'output.twoClasses':
      return labels.kind === 'single' && classes.length === 2 && !saysPixels;
    case 'output.grades':
      return labels.kind === 'ordinal' && !saysPixels;
    case 'table.use':
    case 'table.units':
      return hasTable && !saysPixels;
    case 'input.tiles':
      return saysPixels;
    case 'classWeights':
      return kind !== 'regression';
    case 'sampling':
      return kind === 'multiClass' || kind === 'binary' || kind === 'ordinal';
    case 'augmentation.mixup':
      return kind !== 'ordinal' && !saysPixels;
    case 'loss.labelSmoothing':
      return kind !== 'regression';
    default:
      return true;
  }
}
