import type { LearningTaskKind } from '../contract/learning-task.ts';
import type { Recipe } from '../contract/recipe.ts';
import { mostTiledEdge } from '../contract/tiles.ts';
import { pictureEdge } from './tiles.ts';
import { listed } from './words.ts';

/**
 * What two keys of a recipe ask for that cannot both be, a sentence each that begins with the key to change. A key
 * that is only not used beside another, as the focus of focal loss with cross-entropy, contradicts nothing.
 */
export function contradictions(recipe: Recipe): string[] {
  const { batchSize, microBatchSize, input, augmentation, optimizer } = recipe;
  const problems: string[] = [];
  if (microBatchSize !== null && microBatchSize > batchSize)
    problems.push(
      `microBatchSize is ${microBatchSize}, but must be at most ${batchSize}: it is a piece of the batchSize.`,
    );
  if (augmentation.pcaColour > 0 && input.channels === 1)
    problems.push(
      `augmentation.pcaColour is ${augmentation.pcaColour}, but must be 0 where pictures are grey: they have no colours to shift.`,
    );
  if (optimizer.id === 'sgd' && optimizer.nesterov && optimizer.momentum === 0)
    problems.push(
      'optimizer.nesterov is true, but must be false where optimizer.momentum is 0: it looks ahead by the momentum.',
    );
  const { size, tiles } = input;
  if (size !== null && tiles > 1 && pictureEdge({ size, tiles }) > mostTiledEdge)
    problems.push(
      `input.tiles is ${tiles}, but must be ${mostTiles(size)} or less with tiles of ${size} pixels: pictures may have ${mostTiledEdge} along an edge.`,
    );
  return problems;
}

/** Along an edge of the largest picture. */
function mostTiles(size: number): number {
  let tiles = 1;
  while (pictureEdge({ size, tiles: tiles + 1 }) <= mostTiledEdge) tiles += 1;
  return tiles;
}

/** What is allowed and rarely meant, a sentence each with what to do. */
export function oddities({ optimizer, sampling, classWeights }: Recipe): string[] {
  const sentences: string[] = [];
  if (optimizer.id === 'adamw' && optimizer.weightDecay === 0)
    sentences.push(
      'AdamW with an optimizer.weightDecay of 0 is the same as Adam: take --set optimizer.weightDecay=0.01, which is usual.',
    );
  if (sampling === 'balanced' && classWeights === 'balanced')
    sentences.push(
      'Rare classes count twice: their images come more often, and weigh more each time. Take --set classWeights=none or --set sampling=shuffled.',
    );
  return sentences;
}

/**
 * Why the value that chooses the best epoch cannot be worked out, in a sentence; null when it can.
 *
 * @param imagesByClass of the validation part, by name of every class that the network tells apart
 */
export function unwatchable(
  { earlyStopping: { monitor } }: Pick<Recipe, 'earlyStopping'>,
  imagesByClass: Readonly<Record<string, number>>,
): string | null {
  if (monitor === 'valLoss' || monitor === 'valAccuracy') return null;
  const lacking = Object.keys(imagesByClass).filter((name) => imagesByClass[name] === 0);
  if (lacking.length === 0) return null;
  return `earlyStopping.monitor is ${monitor}, which needs validation images of every class; there is none of ${listed(lacking)}.`;
}

/**
 * `unwatchable` of any task: what tells one class apart needs all of them, a set of classes one that some images have
 * and others do not, masks one drawing. Of numbers there is always something to tell.
 *
 * @param val images of the validation part, and of each class those that show it
 */
export function unwatchableFor(
  recipe: Pick<Recipe, 'earlyStopping'>,
  kind: LearningTaskKind,
  val: { images: number; byClass: Readonly<Record<string, number>> },
): string | null {
  const { monitor } = recipe.earlyStopping;
  const counts = Object.values(val.byClass);
  switch (kind) {
    case 'regression':
      return null;
    case 'segmentation':
      if (monitor !== 'valDice' || counts.some((images) => images > 0)) return null;
      return 'earlyStopping.monitor is valDice, which needs validation images that are drawn on; there is none.';
    case 'multiLabel':
      if (monitor === 'valLoss' || monitor === 'valAccuracy') return null;
      if (counts.some((images) => images > 0 && images < val.images)) return null;
      return `earlyStopping.monitor is ${monitor}, which needs a class that some validation images have and others do not; there is none.`;
    default:
      return unwatchable(recipe, val.byClass);
  }
}
