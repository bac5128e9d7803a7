import type { Network } from '../network.ts';
import type { StoredLayer, StoredTensor, WeightFile } from '../readers/weight-file.ts';
import { weightedLayers } from './structure.ts';

/** A layer of a weight file. */
export interface FileLayer {
  /** As the file has it, without what all its names begin with. */
  readonly name: string;
  /** By the last part of their names. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** What the file tells of it beside the tensors. */
  readonly facts: StoredLayer | null;
}

/** Names that programs put around a whole network. */
const wrappers = ['module', '_orig_mod', 'model', 'net', 'network', 'backbone', 'encoder'];

/**
 * A file's tensors by layer, in the network's order where the file tells it; and those that are no weights: whole
 * numbers, and constants that a graph keeps for layers that have none.
 */
export function fileLayers(
  file: WeightFile,
  network: Network,
): { layers: FileLayer[]; noWeights: StoredTensor[] } {
  const weighted = new Set(weightedLayers(network).map(({ name }) => name));
  const idle = new Set(network.layers.map(({ name }) => name).filter((name) => !weighted.has(name)));
  const isConstant = ({ name }: StoredTensor): boolean =>
    file.convention === 'keras' && idle.has(name.slice(0, Math.max(name.lastIndexOf('/'), 0)));
  const weights = file.tensors.filter((tensor) => tensor.type !== 'whole' && !isConstant(tensor));
  const separator = file.convention === 'torch' ? '.' : '/';
  const paths = unwrapped(
    weights.map(({ name }) => name.split(separator)),
    file.convention === 'torch',
  );
  const byLayer = new Map<string, Map<string, StoredTensor>>();
  weights.forEach((tensor, i) => {
    const path = paths[i]!;
    const layer = path.slice(0, -1).join(separator);
    if (!byLayer.has(layer)) byLayer.set(layer, new Map());
    byLayer.get(layer)!.set(path.at(-1)!, tensor);
  });
  const order = new Map(file.layers?.map((facts, i) => [facts.name, { facts, i }]));
  const layers = [...byLayer].map(([name, tensors]) => ({
    ...{ name, tensors, facts: order.get(name)?.facts ?? null },
  }));
  if (order.size > 0) {
    const place = ({ name }: FileLayer): number => order.get(name)?.i ?? Infinity;
    layers.sort((a, b) => (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0));
  }
  const kept = new Set(weights);
  return { layers, noWeights: file.tensors.filter((tensor) => !kept.has(tensor)) };
}

function unwrapped(
  paths: readonly (readonly string[])[],
  mayBeWrapped: boolean,
): readonly (readonly string[])[] {
  const first = paths[0]?.[0];
  const isWrapper =
    mayBeWrapped &&
    first !== undefined &&
    wrappers.includes(first) &&
    paths.every((path) => path.length > 2 && path[0] === first);
  return isWrapper
    ? unwrapped(
        paths.map((path) => path.slice(1)),
        true,
      )
    : paths;
}
