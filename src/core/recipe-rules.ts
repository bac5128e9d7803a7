import type { Recipe } from '../contract/recipe.ts';
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
  return problems;
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
