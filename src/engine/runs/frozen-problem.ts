import type { ResolvedRecipe } from '../../contract/recipe.ts';
import { counted } from '../../core/words.ts';
import { findNetwork } from '../../nn/models/index.ts';
import { classHead } from '../../nn/network.ts';
import { stagesOf } from '../../nn/stages.ts';

/** Why a recipe's network cannot freeze as many stages, a sentence that begins with the key; null: it can. */
export function frozenProblem({
  network,
  input,
  table,
  transfer,
}: Pick<ResolvedRecipe, 'network' | 'input' | 'table' | 'transfer'>): string | null {
  const { weights, frozenStages } = transfer;
  if (weights === null || frozenStages === 0) return null;
  if (table.use === 'only')
    return `transfer.frozenStages is ${frozenStages}, but must be 0 where table.use is only: the picture’s stages are not there.`;
  const { id, scale, dropout } = network;
  const { size, channels } = input;
  // What the head says does not change the stages.
  const built = findNetwork(id).build({ size, channels, head: classHead(2), scale, dropout });
  const names = stagesOf(built).map(({ name }) => name);
  // The last one says what the network is for, and always learns.
  const most = names.length - 1;
  if (frozenStages <= most) return null;
  return `transfer.frozenStages is ${frozenStages}, but must be at most ${most}: ${id} has ${counted(names.length, 'stage')}, ${names.join(', ')}, and the last one always learns.`;
}
