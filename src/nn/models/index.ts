import { ReadroomError } from '../../contract/errors.ts';
import type { NetworkDefinition } from '../network.ts';
import { alexnet } from './alexnet.ts';
import { alexnet2012 } from './alexnet-2012.ts';
import { alexnetBatchnorm } from './alexnet-batchnorm.ts';
import { alexnetFcn } from './alexnet-fcn.ts';
import { alexnetSmall } from './alexnet-small.ts';
import { alexnetTorchvision } from './alexnet-torchvision.ts';
import { densenet121 } from './densenet121.ts';
import { resnet18 } from './resnet18.ts';
import { resnet34 } from './resnet34.ts';
import { resnet50 } from './resnet50.ts';
import { unet } from './unet.ts';

/** Every network. A new one is a file beside this and one line here; the conformance test walks the list. */
export const networks: readonly NetworkDefinition[] = [
  alexnet,
  alexnet2012,
  alexnetTorchvision,
  alexnetBatchnorm,
  alexnetSmall,
  resnet18,
  resnet34,
  resnet50,
  densenet121,
  alexnetFcn,
  unet,
];

/** The definition with this id. @throws ReadroomError `unknownNetwork` */
export function findNetwork(id: string): NetworkDefinition {
  const found = networks.find((network) => network.id === id);
  if (!found) {
    const known = networks.map((network) => network.id).join(', ');
    throw new ReadroomError('unknownNetwork', `There is no network "${id}".`, `Choose one of: ${known}.`);
  }
  return found;
}
