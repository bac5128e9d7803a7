import type { LearningTask, Truth } from '../../contract/learning-task.ts';
import type { Recipe, ResolvedRecipe } from '../../contract/recipe.ts';
import type { TableFeatures } from '../../contract/table-features.ts';
import { learningTaskOf } from '../../core/learning-task.ts';
import { classesDrawn, isJudged, lacksDrawing, type MemberLabel } from '../../core/split-strata.ts';
import { describedNetwork } from '../../nn/described-network.ts';
import { findNetwork } from '../../nn/models/index.ts';
import type { Network } from '../../nn/network.ts';
import type { RunClass } from '../db/run-repository.ts';
import type { ProjectSession } from '../project/session.ts';

/** What a recipe's network would learn of a project's labels as they are now. */
export function taskFor(
  { projects }: ProjectSession,
  recipe: Pick<Recipe, 'output' | 'network'>,
  classes: readonly RunClass[],
): LearningTask {
  const { says } = findNetwork(recipe.network.id);
  const names = classes.map(({ name }) => name);
  return learningTaskOf(recipe, says, projects.labelSchema(), names);
}

/**
 * What labels say is true for a task, each by its own; null where one says nothing that the task learns. Of masks it is
 * whether an image is judged, which a drawing or a label says: pixels that are not drawn on are background. An image whose
 * label names a class that is drawn on others and not on it is not judged: what it shows is not background.
 *
 * @param members all that the task is learned of
 */
export function truthsOf(
  task: LearningTask,
  members: readonly MemberLabel[],
  classIndex: ReadonlyMap<string | null, number>,
): (member: MemberLabel) => Truth | null {
  switch (task.kind) {
    case 'regression':
      return ({ number }) => number;
    case 'multiLabel':
      return ({ classes }) =>
        classes?.flatMap((id) => classIndex.get(id) ?? []).sort((a, b) => a - b) ?? null;
    case 'segmentation': {
      const drawnAnywhere = classesDrawn(members);
      return (member) => (isJudged(member) && !lacksDrawing(member, drawnAnywhere) ? 0 : null);
    }
    default:
      return ({ classId }) => (classId === null ? null : (classIndex.get(classId) ?? null));
  }
}

/** The classes, as positions, that a member shows for a task: those of its truth, of masks those that are drawn. */
export function classesShown(
  task: LearningTask,
  { truth, drawn }: Pick<MemberLabel, 'drawn'> & { truth: Truth },
  classIndex: ReadonlyMap<string | null, number>,
): number[] {
  if (task.kind === 'segmentation') return drawn?.classes.flatMap((id) => classIndex.get(id) ?? []) ?? [];
  return task.kind === 'regression' ? [] : [truth].flat();
}

/** The network that a recipe trains for a task. @param features null where the clinical table is not used */
export function networkFor(
  { network, input, table }: ResolvedRecipe,
  task: LearningTask,
  features: Pick<TableFeatures, 'features'> | null,
): Network {
  const { id, scale, dropout } = network;
  const fusion =
    table.use === 'none' || !features
      ? undefined
      : { use: table.use, units: table.units, features: features.features.length };
  return describedNetwork({ id, scale, dropout, table: fusion }, input, task);
}
