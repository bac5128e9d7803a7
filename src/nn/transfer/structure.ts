import { inputName, inputsOf, type Layer, type Network, outputShapes, tableName } from '../network.ts';

type Convolution = Extract<Layer, { kind: 'conv2d' }>;
type Dense = Extract<Layer, { kind: 'dense' }>;

const withWeights: ReadonlySet<Layer['kind']> = new Set([
  'conv2d',
  'convTranspose2d',
  'dense',
  'batchNormalization',
] as const);

/** Layers that have weights. */
export function weightedLayers({ layers }: Network): Layer[] {
  return layers.filter(({ kind }) => withWeights.has(kind));
}

/**
 * Names of the layers that belong to what a network tells and not to the picture: the last ones with weights on every way
 * to its outputs, and what reads the clinical table.
 */
export function headNames(network: Network): ReadonlySet<string> {
  const byName = new Map(network.layers.map((layer) => [layer.name, layer]));
  const head = new Set<string>();
  const visit = (name: string): void => {
    const layer = byName.get(name);
    if (!layer) return;
    if (withWeights.has(layer.kind)) head.add(name);
    else inputsOf(layer).forEach(visit);
  };
  visit(network.layers.at(-1)!.name);
  for (const layer of network.layers) if (inputsOf(layer).includes(tableName)) head.add(layer.name);
  return head;
}

/** Whether a convolution sees the picture itself. */
export function readsPicture({ layers }: Network, convolution: Convolution): boolean {
  const before = layers.find(({ name }) => name === convolution.input);
  return (before?.kind === 'zeroPad2d' ? before.input : convolution.input) === inputName;
}

/** Height, width and channels that were flattened for a dense layer; null where it reads no flattened map. */
export function flattenedShape(network: Network, dense: Dense): readonly [number, number, number] | null {
  const byName = new Map(network.layers.map((layer) => [layer.name, layer]));
  let layer = byName.get(dense.input);
  while (layer?.kind === 'dropout') layer = byName.get(layer.input);
  if (layer?.kind !== 'flatten') return null;
  const shape = outputShapes(network).get(layer.input)!;
  return shape.length === 3 ? (shape as [number, number, number]) : null;
}

/** Zeros above, below, left and right of what a convolution sees, as `StoredLayer` has them. */
export function paddingAround({ layers }: Network, convolution: Convolution): string {
  const [height, width] = convolution.kernelSize;
  if (convolution.padding === 'same') {
    if (convolution.strides.some((stride) => stride !== 1)) return 'same';
    return [height - 1, height, width - 1, width].map((n) => Math.floor(n / 2)).join();
  }
  const before = layers.find(({ name }) => name === convolution.input);
  if (before?.kind !== 'zeroPad2d') return '0,0,0,0';
  const { top, bottom, left, right } = before.padding;
  return [top, bottom, left, right].join();
}
