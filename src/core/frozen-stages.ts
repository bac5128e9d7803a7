import type { Recipe } from '../contract/recipe.ts';

/** How many stages are frozen in an epoch, counted from 0; none in a training from scratch. */
export function frozenStagesAt(
  { weights, frozenStages, unfreezeEvery }: Recipe['transfer'],
  epoch: number,
): number {
  if (weights === null) return 0;
  const thawed = unfreezeEvery === 0 ? 0 : Math.floor(epoch / unfreezeEvery);
  return Math.max(0, frozenStages - thawed);
}
