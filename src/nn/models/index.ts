import { ReadroomError } from '../../contract/errors.ts';
import type { NetworkDefinition } from '../network.ts';
import { alexnet } from './alexnet.ts';
import { alexnetSmall } from './alexnet-small.ts';

/** Every network. A new one is a file beside this and one line here; the conformance test walks the list. */
export const networks: readonly NetworkDefinition[] = [alexnet, alexnetSmall];

/** The definition with this id. @throws ReadroomError `unknownNetwork` */
export function findNetwork(id: string): NetworkDefinition {
  const found = networks.find((network) => network.id === id);
  if (!found) {
    const known = networks.map((network) => network.id).join(', ');
    throw new ReadroomError('unknownNetwork', `There is no network "${id}".`, `Choose one of: ${known}.`);
  }
  return found;
}
