import type { Recipe, ResolvedRecipe } from '../contract/recipe.ts';
import { mostHalvings, type RunMemory } from '../contract/run-folder.ts';

/** Images that a run computes at once, by its recipe and by what memory has taught since. */
export function microBatchOf(
  { batchSize, microBatchSize }: Pick<ResolvedRecipe, 'batchSize' | 'microBatchSize'>,
  memory: RunMemory | null,
): number {
  return Math.min(memory?.microBatchSize ?? microBatchSize ?? batchSize, batchSize);
}

/**
 * How a run goes on after memory ran out: with half as many images at once. Null: it was halved three times, or
 * computes one at a time already, or with batch normalisation two: of one alone it makes nothing.
 * @param trainingImages no batch is larger than all of them
 */
export function halved(
  recipe: Pick<ResolvedRecipe, 'batchSize' | 'microBatchSize'>,
  memory: RunMemory | null,
  trainingImages: number,
  { normalizesBatches }: { readonly normalizesBatches: boolean },
): RunMemory | null {
  const now = Math.min(microBatchOf(recipe, memory), trainingImages);
  const halvings = (memory?.halvings ?? 0) + 1;
  const least = normalizesBatches ? 2 : 1;
  return now <= least || halvings > mostHalvings ? null : { microBatchSize: Math.ceil(now / 2), halvings };
}

type HalvedRecipe = Pick<ResolvedRecipe, 'batchSize' | 'augmentation'> & Pick<Recipe, 'loss'>;

/** What is told of it. */
export function halvedSentence(
  recipe: HalvedRecipe,
  { microBatchSize }: RunMemory,
  { normalizesBatches }: { readonly normalizesBatches: boolean },
): string {
  const gradient = gradientAfterHalving(recipe, normalizesBatches);
  return `Memory ran out. The training goes on with ${microBatchSize} of the ${recipe.batchSize} images of a batch computed at once; ${gradient}.`;
}

function gradientAfterHalving({ augmentation, loss }: HalvedRecipe, normalizesBatches: boolean): string {
  if (loss.id === 'dice' || loss.id === 'diceCrossEntropy') {
    const normalized = normalizesBatches ? ', and batch normalisation sees fewer of them too' : '';
    return `Dice is now computed over fewer images together${normalized}, so the gradient is near that of the whole batch and not the same`;
  }
  if (normalizesBatches)
    return 'the gradient is still that of all its images, but batch normalisation now sees fewer of them together';
  return augmentation.mixup > 0
    ? 'the gradient is still that of a whole batch, but mix-up now pairs other images'
    : 'the gradient is still that of the whole batch, equal but for rounding';
}
