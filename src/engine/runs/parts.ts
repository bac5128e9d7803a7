import { ReadroomError } from '../../contract/errors.ts';
import { classesOf, type LearningTask, type Truth } from '../../contract/learning-task.ts';
import type { ResolvedRecipe } from '../../contract/recipe.ts';
import type { SplitPart } from '../../contract/split.ts';
import { unwatchableFor } from '../../core/recipe-rules.ts';
import { isJudged } from '../../core/split-strata.ts';
import type { DatasetMember, DatasetVersion } from '../db/dataset-repository.ts';
import type { RunClass } from '../db/run-repository.ts';
import { leftUndrawn, nothingDrawn, severalDrew } from './split-now.ts';
import type { LearnedMasks } from './mask-truths.ts';
import { classesShown, truthsOf } from './task.ts';

/** A member of a version with what is true of it for the run's task. */
export interface LabelledMember extends DatasetMember {
  truth: Truth;
}

/**
 * Parts of a version as one run sees them: with a fold, that fold validates and the others train; images whose
 * label was taken away since the split wait outside.
 *
 * @param learned masks of the run that is trained again: its images are the ones, whatever is drawn on them now
 * @throws ReadroomError `usage`, `emptySplit`, `classMissingFromSplit`
 */
export function partsFor(
  version: DatasetVersion,
  members: readonly DatasetMember[],
  fold: number | null,
  task: LearningTask,
  classes: readonly RunClass[],
  learned: LearnedMasks | null,
): Record<SplitPart, LabelledMember[]> {
  if (fold !== null && (version.folds === null || fold >= version.folds)) {
    const what =
      version.folds === null ? 'The split has no folds' : `The split has folds 0 to ${version.folds - 1}`;
    throw new ReadroomError(
      'usage',
      `${what}; fold ${fold} was asked for.`,
      'Make folds with: readroom split PROJECT --folds 5',
    );
  }
  const partOf = (member: DatasetMember): SplitPart =>
    fold === null || member.part === 'test' ? member.part : member.fold === fold ? 'val' : 'train';
  const parts: Record<SplitPart, LabelledMember[]> = { train: [], val: [], test: [] };
  const classIndex = new Map(classes.map(({ id }, index) => [id, index]));
  const truthOf = learned
    ? ({ image }: DatasetMember): Truth | null => (learned.slots.has(image) ? 0 : null)
    : truthsOf(task, members, classIndex);
  for (const member of members) {
    const truth = truthOf(member);
    if (truth !== null) parts[partOf(member)].push({ ...member, truth });
  }
  for (const part of ['train', 'val'] as const) {
    if (parts[part].length === 0) {
      throw new ReadroomError(
        'emptySplit',
        `The ${part} part of the split is empty.`,
        [...drawingWarnings(task, members, parts), 'Make the split again with more images.'].join(' '),
      );
    }
  }
  if (!learned) refuseUntaught(task, parts, classes);
  return parts;
}

/** Refuses to start what could not tell its best epoch. @throws ReadroomError `classMissingFromSplit` */
export function refuseUnwatchable(
  recipe: ResolvedRecipe,
  task: LearningTask,
  { val }: Pick<Record<SplitPart, LabelledMember[]>, 'val'>,
  classes: readonly RunClass[],
): void {
  const classIndex = new Map(classes.map(({ id }, index) => [id, index]));
  const shown = val.map((member) => classesShown(task, member, classIndex));
  const imagesOf = (index: number): number => shown.filter((ones) => ones.includes(index)).length;
  const imagesByClass = Object.fromEntries(classesOf(task).map((name, index) => [name, imagesOf(index)]));
  const problem = unwatchableFor(recipe, task.kind, { images: val.length, byClass: imagesByClass });
  if (problem === null) return;
  throw new ReadroomError(
    'classMissingFromSplit',
    problem,
    'Use --set earlyStopping.monitor=valLoss, or split again with: readroom split PROJECT',
    { part: 'val', classes: Object.keys(imagesByClass).filter((name) => imagesByClass[name] === 0) },
  );
}

/** What to know of the drawings that a training of masks learns; of another one nothing. */
export function drawingWarnings(
  task: LearningTask,
  members: readonly DatasetMember[],
  parts: Record<SplitPart, LabelledMember[]>,
): string[] {
  if (task.kind !== 'segmentation') return [];
  const used = [...parts.train, ...parts.val, ...parts.test];
  const several = used.filter(({ drawn }) => (drawn?.readers ?? 0) > 1).length;
  const undrawn = members.filter(isJudged).length - used.length;
  return [...(several > 0 ? [severalDrew(several)] : []), ...(undrawn > 0 ? [leftUndrawn(undrawn)] : [])];
}

/** A network learns what the train part has: of classes and numbers it needs two different ones at least. */
function refuseUntaught(
  task: LearningTask,
  parts: Record<SplitPart, LabelledMember[]>,
  classes: readonly RunClass[],
): void {
  if (task.kind === 'regression') {
    if (new Set(parts.train.map(({ truth }) => truth)).size > 1) return;
    throw new ReadroomError(
      'classMissingFromSplit',
      'All images of the train part of the split have the same number: a network needs different ones.',
      'Label images with other numbers, then split again with: readroom split PROJECT',
    );
  }
  const { train, val, test } = parts;
  const classIndex = new Map(classes.map(({ id }, index) => [id, index]));
  const labelsOf = (members: readonly LabelledMember[]): Set<number> =>
    new Set(members.flatMap((member) => classesShown(task, member, classIndex)));
  const [taught, present] = [labelsOf(train), labelsOf([...train, ...val, ...test])];
  const lacking = classes.flatMap(({ name }, index) =>
    present.has(index) && !taught.has(index) ? [name] : [],
  );
  const least = task.kind === 'multiLabel' || task.kind === 'segmentation' ? 1 : 2;
  if (lacking.length === 0 && taught.size >= least) return;
  throw new ReadroomError(
    'classMissingFromSplit',
    lacking.length > 0
      ? `The train part of the split has no image of class ${lacking.join(', ')} any more.`
      : task.kind === 'segmentation'
        ? nothingDrawn
        : task.kind === 'multiLabel'
          ? 'No image of the train part of the split has any of the classes.'
          : 'All images of the train part of the split are of one class: a network needs at least two classes.',
    'Labels have changed since the split was made: split again with: readroom split PROJECT',
    { part: 'train', classes: lacking },
  );
}
