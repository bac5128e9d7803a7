import type { LearningTask } from '../contract/learning-task.ts';
import type { ModelFile } from '../contract/run-folder.ts';
import { headOf } from './heads.ts';
import { findNetwork } from './models/index.ts';
import type { Network } from './network.ts';
import { withTable } from './table-fusion.ts';

/** The network that a model file or a recipe describes. @throws ReadroomError `unknownNetwork` */
export function describedNetwork(
  { id, scale, dropout, table }: ModelFile['network'],
  { size, channels }: Pick<ModelFile['geometry'], 'size' | 'channels'>,
  task: LearningTask,
): Network {
  const network = findNetwork(id).build({ size, channels, head: headOf(task), scale, dropout });
  return table ? withTable(network, table) : network;
}
