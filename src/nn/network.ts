/**
 * A network as data: a list of layers in which each names its input. The training step, the layer table,
 * the parameter count and every model writer read this one description.
 * Layouts: activations N-H-W-C, convolution kernels H-W-I-O, dense kernels I-O.
 */
export type Activation = 'linear' | 'relu' | 'softmax';

export type Layer =
  | {
      kind: 'conv2d';
      name: string;
      input: string;
      filters: number;
      /** Height, width. */
      kernelSize: readonly [number, number];
      strides: readonly [number, number];
      /** TensorFlow's meaning: `same` pads so that output = ceil(input / stride), the odd pixel below and right. */
      padding: 'valid' | 'same';
      activation: Activation;
    }
  | {
      kind: 'maxPool2d';
      name: string;
      input: string;
      poolSize: readonly [number, number];
      strides: readonly [number, number];
      padding: 'valid' | 'same';
    }
  | { kind: 'flatten'; name: string; input: string }
  | { kind: 'dense'; name: string; input: string; units: number; activation: Activation }
  | { kind: 'dropout'; name: string; input: string; rate: number };

/** The name that a layer uses for the network's input picture. */
export const inputName = 'image';

export interface Network {
  readonly id: string;
  /** Height, width, channels. */
  readonly inputShape: readonly [number, number, number];
  readonly classes: number;
  /** In order of computation; the last one gives the class probabilities (softmax). */
  readonly layers: readonly Layer[];
}

/** What a network's file may choose from. */
export interface NetworkOptions {
  /** Edge of the square input in pixels. */
  readonly size: number;
  readonly channels: 1 | 3;
  readonly classes: number;
  /** Multiplies every width. */
  readonly scale: number;
  /** Dropout rate of hidden dense layers. */
  readonly dropout: number;
}

/** One network of the list: immutable facts and a builder. */
export interface NetworkDefinition {
  readonly id: string;
  readonly name: string;
  /** Where it was published. */
  readonly source: string;
  readonly minimumSize: number;
  readonly defaultSize: number;
  /** What a recipe leaves open at this width: dropout of the hidden dense layers, and Adam's learning rate. */
  defaults(scale: number): { readonly dropout: number; readonly learningRate: number };
  build(options: NetworkOptions): Network;
}

/** One trainable tensor. */
export interface WeightSpec {
  /** `<layer>/kernel` or `<layer>/bias`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: 'kernel' | 'bias';
  /** Inputs that feed one output unit; initialisers scale by it. */
  readonly fanIn: number;
  readonly fanOut: number;
  readonly activation: Activation;
}

/** Shape of every layer's output without the batch dimension, keyed by layer name, the input included. */
export function outputShapes(network: Network): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>([[inputName, network.inputShape]]);
  for (const layer of network.layers) {
    const input = shapes.get(layer.input);
    if (!input)
      throw new Error(
        `Layer ${layer.name} of ${network.id} reads ${layer.input}, which comes later or never`,
      );
    if (shapes.has(layer.name)) throw new Error(`Two layers of ${network.id} are called ${layer.name}`);
    shapes.set(layer.name, outputShape(layer, input));
  }
  return shapes;
}

/** All trainable tensors in declared order: each layer's kernel, then its bias. This order is the checksum's. */
export function weightSpecs(network: Network): WeightSpec[] {
  const shapes = outputShapes(network);
  return network.layers.flatMap((layer) => layerWeights(layer, shapes.get(layer.input)!));
}

/** Number of trainable parameters. */
export function parameterCount(network: Network): number {
  return weightSpecs(network).reduce((sum, weight) => sum + sizeOf(weight.shape), 0);
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** A scaled layer width: at least one, rounded to the nearest whole. */
export function scaled(width: number, scale: number): number {
  return Math.max(1, Math.round(width * scale));
}

function outputShape(layer: Layer, input: readonly number[]): readonly number[] {
  switch (layer.kind) {
    case 'conv2d':
      return [...windowed(layer, input, layer.kernelSize), layer.filters];
    case 'maxPool2d':
      return [...windowed(layer, input, layer.poolSize), input[2]!];
    case 'flatten':
      return [sizeOf(input)];
    case 'dense':
      return [layer.units];
    case 'dropout':
      return input;
  }
}

function windowed(
  layer: { name: string; strides: readonly [number, number]; padding: 'valid' | 'same' },
  input: readonly number[],
  window: readonly [number, number],
): [number, number] {
  const along = (axis: 0 | 1): number => {
    const length = input[axis]!;
    const output =
      layer.padding === 'same'
        ? Math.ceil(length / layer.strides[axis])
        : Math.floor((length - window[axis]) / layer.strides[axis]) + 1;
    if (output < 1)
      throw new RangeError(`The picture is smaller than layer ${layer.name} can take (${length} pixels)`);
    return output;
  };
  return [along(0), along(1)];
}

function layerWeights(layer: Layer, input: readonly number[]): WeightSpec[] {
  if (layer.kind === 'conv2d') {
    const [height, width] = layer.kernelSize;
    const channels = input[2]!;
    return kernelAndBias(
      layer,
      [height, width, channels, layer.filters],
      height * width * channels,
      height * width * layer.filters,
      layer.filters,
    );
  }
  if (layer.kind === 'dense') {
    const inputs = input[0]!;
    return kernelAndBias(layer, [inputs, layer.units], inputs, layer.units, layer.units);
  }
  return [];
}

function kernelAndBias(
  layer: { name: string; activation: Activation },
  kernelShape: number[],
  fanIn: number,
  fanOut: number,
  units: number,
): WeightSpec[] {
  const { name, activation } = layer;
  return [
    { name: `${name}/kernel`, shape: kernelShape, role: 'kernel', fanIn, fanOut, activation },
    { name: `${name}/bias`, shape: [units], role: 'bias', fanIn, fanOut, activation },
  ];
}
