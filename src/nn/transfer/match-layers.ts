import { findNetwork, networks } from '../models/index.ts';
import { classHead, type Layer, type Network } from '../network.ts';
import type { Convention } from '../readers/weight-file.ts';
import type { FileLayer } from './file-layers.ts';
import { denseNetName } from './keras-names.ts';
import { headNames, weightedLayers } from './structure.ts';

/** Which layer of a file is which of a network's. */
export interface LayerMatch {
  /** By the name of the network's layer. */
  readonly pairs: ReadonlyMap<string, FileLayer>;
  readonly unmatched: readonly FileLayer[];
  /** Names that keras.applications gives its DenseNet: what it adds to the variance is known. */
  readonly byApplicationNames: boolean;
}

/**
 * Pairs layers by name; of Keras files whose names are made up by their order, where the network has one way only.
 */
export function matchLayers(
  network: Network,
  convention: Convention,
  layers: readonly FileLayer[],
): LayerMatch {
  const names = new Set(weightedLayers(network).map(({ name }) => name));
  const named = paired(layers, (name) => ownName(convention, name, names));
  if (convention !== 'keras' || isMostly(named, names)) return { ...named, byApplicationNames: false };
  const ofDenseNet = paired(layers, (name) => {
    const own = denseNetName(name);
    return own !== null && names.has(own) ? own : null;
  });
  if (isMostly(ofDenseNet, names)) return { ...ofDenseNet, byApplicationNames: true };
  const inOrder = pairedInOrder(network, layers);
  return { ...(isMostly(inOrder, names) ? inOrder : named), byApplicationNames: false };
}

/** The name of the network whose layers are called as the file's; null where there is none, or it is `network` itself. */
export function namedNetwork(
  network: Network,
  convention: Convention,
  layers: readonly FileLayer[],
): string | null {
  if (convention === 'keras') return null;
  const shares = networks.map((definition) => {
    const other = definition.build({
      ...{ size: definition.defaultSize, channels: 3, head: classHead(2) },
      ...{ scale: 1, dropout: 0 },
    });
    const names = new Set(weightedLayers(other).map(({ name }) => name));
    const { pairs } = paired(layers, (name) => ownName(convention, name, names));
    return { definition, share: pairs.size / Math.max(names.size, layers.length) };
  });
  const best = shares.reduce((a, b) => (b.share > a.share ? b : a));
  // Networks of one family call their layers alike: where the own names fit as well, something else differs.
  const own = shares.find(({ definition }) => definition.id === network.id)?.share ?? 0;
  return best.share > Math.max(0.85, own) ? findNetwork(best.definition.id).name : null;
}

type Pairs = Pick<LayerMatch, 'pairs' | 'unmatched'>;

function paired(layers: readonly FileLayer[], nameOf: (name: string) => string | null): Pairs {
  const pairs = new Map<string, FileLayer>();
  const unmatched: FileLayer[] = [];
  for (const layer of layers) {
    const name = nameOf(layer.name);
    if (name === null || pairs.has(name)) unmatched.push(layer);
    else pairs.set(name, layer);
  }
  return { pairs, unmatched };
}

/** The head may be missing, and a little more may not fit: then messages say what. */
function isMostly({ pairs }: Pairs, names: ReadonlySet<string>): boolean {
  return pairs.size * 2 > names.size;
}

/** The network's name of a file's layer, of the ways to write it the first that it has. */
function ownName(convention: Convention, name: string, names: ReadonlySet<string>): string | null {
  if (convention === 'own') return names.has(name) ? name : null;
  const plain = name.replace(/[./]/g, '_');
  // torchvision's first files of DenseNet part `norm.1`, `conv.2`.
  const whole = plain.replace(/_(norm|conv)_([12])$/, '_$1$2');
  const ways = [name, plain, whole, plain.replace(/^features_/, ''), whole.replace(/^features_/, '')];
  return ways.find((way) => names.has(way)) ?? null;
}

/** Layers of a kind one after the other: where nothing branches, order says which is which. */
function pairedInOrder(network: Network, layers: readonly FileLayer[]): Pairs {
  if (network.layers.some(({ kind }) => kind === 'add')) return { pairs: new Map(), unmatched: layers };
  const waiting = new Map<string, FileLayer[]>();
  for (const layer of layers) {
    const kind = kindOf(layer);
    waiting.set(kind, [...(waiting.get(kind) ?? []), layer]);
  }
  const pairs = new Map<string, FileLayer>();
  const heads = headNames(network);
  for (const { name, kind } of weightedLayers(network)) {
    // A file without a head has one dense layer less, which is the last one.
    const next = waiting.get(kind)?.shift();
    if (next && !heads.has(name)) pairs.set(name, next);
    else if (next) waiting.get(kind)!.unshift(next);
  }
  return { pairs, unmatched: [...waiting.values()].flat() };
}

function kindOf({ tensors, facts }: FileLayer): Layer['kind'] | '' {
  if (tensors.has('gamma') || tensors.has('moving_mean')) return 'batchNormalization';
  const rank = tensors.get('kernel')?.shape.length;
  if (rank === 2) return 'dense';
  if (rank !== 4) return '';
  return facts?.className === 'Conv2DTranspose' ? 'convTranspose2d' : 'conv2d';
}
