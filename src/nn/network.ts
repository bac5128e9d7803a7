/**
 * A network as data: a list of layers in which each names its inputs. The training step, the layer table,
 * the parameter count and every model writer read this one description.
 * Layouts: activations N-H-W-C, convolution kernels H-W-I-O, transposed convolution kernels H-W-O-I, dense kernels I-O.
 */
export type Activation = 'linear' | 'relu' | 'sigmoid' | 'softmax';

/** Of a window that slides over a picture; height first. */
interface Sliding {
  readonly strides: readonly [number, number];
  /** TensorFlow's meaning: `same` pads so that output = ceil(input / stride), the odd pixel below and right. */
  readonly padding: 'valid' | 'same';
}

interface OneInput {
  readonly name: string;
  readonly input: string;
}

interface SeveralInputs {
  readonly name: string;
  /** All of one height and width. */
  readonly inputs: readonly string[];
}

export type Layer =
  | (OneInput &
      Sliding & {
        readonly kind: 'conv2d';
        readonly filters: number;
        readonly kernelSize: readonly [number, number];
        /** Filters and input channels are parted into so many, which see nothing of each other (Krizhevsky 2012: 2). */
        readonly groups: number;
        /** False before batch normalisation, whose offset would undo it. */
        readonly bias: boolean;
        readonly activation: Activation;
      })
  /** Each input pixel paints a kernel: the size times the stride (`same` padding). */
  | (OneInput & {
      readonly kind: 'convTranspose2d';
      readonly filters: number;
      readonly kernelSize: readonly [number, number];
      readonly strides: readonly [number, number];
      readonly activation: Activation;
    })
  /** Zeros around a picture, where a published network's padding is not TensorFlow's. */
  | (OneInput & {
      readonly kind: 'zeroPad2d';
      /** Rows above and below, columns left and right. */
      readonly padding: {
        readonly top: number;
        readonly bottom: number;
        readonly left: number;
        readonly right: number;
      };
    })
  | (OneInput &
      Sliding & {
        readonly kind: 'maxPool2d' | 'averagePool2d';
        readonly poolSize: readonly [number, number];
      })
  /** The mean of each channel over all places. */
  | (OneInput & { readonly kind: 'globalAveragePool2d' })
  /** The means of outputSize windows that differ by at most a pixel and may overlap, as PyTorch's AdaptiveAvgPool2d. */
  | (OneInput & { readonly kind: 'adaptiveAveragePool2d'; readonly outputSize: readonly [number, number] })
  /** Enlarges by a whole factor, bilinear between pixels' centres. */
  | (OneInput & { readonly kind: 'upsample2d'; readonly factor: number; readonly activation: Activation })
  /**
   * Ioffe and Szegedy 2015, over batch, height and width. In training the batch's own mean and variance, at
   * prediction their running means: mean = momentum · mean + (1 − momentum) · the batch's.
   */
  | (OneInput & {
      readonly kind: 'batchNormalization';
      readonly epsilon: number;
      readonly momentum: number;
      readonly activation: Activation;
    })
  /** x / (bias + alpha · sum of squares over depthRadius channels to either side)^beta: the paper's and TensorFlow's alpha. */
  | (OneInput & {
      readonly kind: 'localResponseNormalization';
      readonly depthRadius: number;
      readonly bias: number;
      readonly alpha: number;
      readonly beta: number;
    })
  /** The sum of inputs of one shape. */
  | (SeveralInputs & { readonly kind: 'add'; readonly activation: Activation })
  /** Channels of all inputs, one after another. */
  | (SeveralInputs & { readonly kind: 'concat' })
  | (OneInput & { readonly kind: 'flatten' })
  | (OneInput & { readonly kind: 'dense'; readonly units: number; readonly activation: Activation })
  | (OneInput & { readonly kind: 'dropout'; readonly rate: number });

/** The name that a layer uses for the network's input picture. */
export const inputName = 'image';

/** The name that a layer uses for the row of the clinical table beside the picture. */
export const tableName = 'table';

/** The name of every network's last layer. */
export const outputName = 'probabilities';

/** What the last layer says. `softmax`: one of several classes; `sigmoid`: each output for itself; `linear`: numbers. */
export interface Head {
  readonly activation: 'softmax' | 'sigmoid' | 'linear';
  readonly outputs: number;
}

/** The head of a network that tells one of several classes. */
export function classHead(classes: number): Head {
  return { activation: 'softmax', outputs: classes };
}

export interface Network {
  readonly id: string;
  /** Height, width, channels. */
  readonly inputShape: readonly [number, number, number];
  /** Features of the clinical table that layers read as `table`; absent: none. */
  readonly tableSize?: number;
  readonly head: Head;
  /** In order of computation; the last one is the head: a dense layer, or of a network that segments a convolution. */
  readonly layers: readonly Layer[];
}

/** What a network's file may choose from. */
export interface NetworkOptions {
  /** Edge of the square input in pixels. */
  readonly size: number;
  readonly channels: 1 | 3;
  readonly head: Head;
  /** Multiplies every width. */
  readonly scale: number;
  /** Dropout rate of hidden dense layers. */
  readonly dropout: number;
}

/** One network of the list: immutable facts and a builder. */
export interface NetworkDefinition {
  readonly id: string;
  readonly name: string;
  /** What it is listed under. */
  readonly family: 'AlexNet' | 'Residual and dense' | 'For every pixel';
  /** Where it was published. */
  readonly source: string;
  /** What a user chooses by: two or three sentences. */
  readonly description: string;
  /** `image`: outputs for the picture; `pixels`: for each of its pixels. */
  readonly says: 'image' | 'pixels';
  /** It has batch normalisation: what it computes of an image depends on those computed with it while it trains. */
  readonly normalizesBatches: boolean;
  readonly minimumSize: number;
  readonly defaultSize: number;
  /** Sizes are multiples of it: what is made smaller must come back to the same size. */
  readonly sizeStep: number;
  /** What a recipe leaves open at this width: dropout of the hidden dense layers, and Adam's learning rate. */
  defaults(scale: number): { readonly dropout: number; readonly learningRate: number };
  build(options: NetworkOptions): Network;
}

/** One tensor of a network's weights. */
export interface WeightSpec {
  /** `<layer>/kernel`, `/bias`, `/gamma`, `/beta`, `/moving_mean`, `/moving_variance`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: 'kernel' | 'bias' | 'gamma' | 'beta' | 'movingMean' | 'movingVariance';
  /** False for running means of batch normalisation: they follow the batches, not a gradient. */
  readonly trainable: boolean;
  /** Inputs that feed one output unit; initialisers scale by it. */
  readonly fanIn: number;
  readonly fanOut: number;
  readonly activation: Activation;
}

/** The names of the values that a layer reads. */
export function inputsOf(layer: Layer): readonly string[] {
  return 'inputs' in layer ? layer.inputs : [layer.input];
}

/** A layer that can be a network's last: the forward pass leaves its activation to the loss. */
export type HeadLayer = Extract<Layer, { activation: Activation }>;

/** The last layer. @throws Error where it does not give what the network's head says */
export function headLayer(network: Network): HeadLayer {
  const last = network.layers.at(-1);
  const { activation, outputs } = network.head;
  const width = last ? outputShapes(network).get(last.name)!.at(-1) : 0;
  if (!last || !('activation' in last) || last.activation !== activation || width !== outputs)
    throw new Error(`Network ${network.id} does not end in a layer of ${outputs} outputs with ${activation}`);
  return last;
}

/** Shape of every layer's output without the batch dimension, keyed by layer name, the input included. */
export function outputShapes(network: Network): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>([[inputName, network.inputShape]]);
  if (network.tableSize !== undefined) shapes.set(tableName, [network.tableSize]);
  for (const layer of network.layers) {
    if (shapes.has(layer.name)) throw new Error(`Two layers of ${network.id} are called ${layer.name}`);
    shapes.set(layer.name, outputShape(layer, inputShapes(network, layer, shapes)));
  }
  return shapes;
}

/** All tensors in declared order, which is the checksum's: layer by layer, each as `layerWeights` lists them. */
export function weightSpecs(network: Network): WeightSpec[] {
  const shapes = outputShapes(network);
  return network.layers.flatMap((layer) => layerWeights(layer, inputShapes(network, layer, shapes)[0]!));
}

/** Number of trainable parameters. */
export function parameterCount(network: Network): number {
  return weightSpecs(network)
    .filter(({ trainable }) => trainable)
    .reduce((sum, weight) => sum + sizeOf(weight.shape), 0);
}

/** Numbers that a network says of a picture: its outputs, for one that segments those of every pixel. */
export function outputSize(network: Network): number {
  return sizeOf(outputShapes(network).get(headLayer(network).name)!);
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** A scaled layer width: at least one, rounded to the nearest whole. */
export function scaled(width: number, scale: number): number {
  return Math.max(1, Math.round(width * scale));
}

function inputShapes(
  network: Network,
  layer: Layer,
  shapes: ReadonlyMap<string, readonly number[]>,
): (readonly number[])[] {
  return inputsOf(layer).map((name) => {
    const shape = shapes.get(name);
    if (!shape)
      throw new Error(`Layer ${layer.name} of ${network.id} reads ${name}, which comes later or never`);
    return shape;
  });
}

function outputShape(layer: Layer, inputs: readonly (readonly number[])[]): readonly number[] {
  const [input] = inputs as [readonly number[]];
  const [height, width, channels] = input as [number, number, number];
  switch (layer.kind) {
    case 'conv2d':
      return [...windowed(layer, input, layer.kernelSize), layer.filters];
    case 'convTranspose2d':
      return [height * layer.strides[0], width * layer.strides[1], layer.filters];
    case 'zeroPad2d': {
      const { top, bottom, left, right } = layer.padding;
      return [height + top + bottom, width + left + right, channels];
    }
    case 'maxPool2d':
    case 'averagePool2d':
      return [...windowed(layer, input, layer.poolSize), channels];
    case 'globalAveragePool2d':
      return [channels];
    case 'adaptiveAveragePool2d':
      return [...layer.outputSize, channels];
    case 'upsample2d':
      return [height * layer.factor, width * layer.factor, channels];
    case 'add':
      requireEqual(layer, inputs);
      return input;
    case 'concat':
      requireEqual(
        layer,
        inputs.map((shape) => shape.slice(0, -1)),
      );
      return [...input.slice(0, -1), inputs.reduce((sum, shape) => sum + shape.at(-1)!, 0)];
    case 'flatten':
      return [sizeOf(input)];
    case 'dense':
      return [layer.units];
    case 'batchNormalization':
    case 'localResponseNormalization':
    case 'dropout':
      return input;
  }
}

function requireEqual(layer: Layer, shapes: readonly (readonly number[])[]): void {
  if (shapes.some((shape) => shape.join() !== shapes[0]!.join()))
    throw new Error(
      `Layer ${layer.name} joins values of ${shapes.map((shape) => shape.join('×')).join(' and ')}`,
    );
}

function windowed(
  layer: Sliding & { readonly name: string },
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

/** A layer's tensors: kernel and bias, or gamma, beta and the running mean and variance. */
function layerWeights(layer: Layer, input: readonly number[]): WeightSpec[] {
  switch (layer.kind) {
    case 'conv2d': {
      const area = sizeOf(layer.kernelSize);
      const channels = input[2]! / layer.groups;
      if (!Number.isInteger(channels) || layer.filters % layer.groups !== 0)
        throw new Error(`Layer ${layer.name} cannot part ${input[2]!} channels into ${layer.groups} groups`);
      const specs = kernelAndBias(
        layer,
        [...layer.kernelSize, channels, layer.filters],
        area * channels,
        (area * layer.filters) / layer.groups,
        layer.filters,
      );
      return layer.bias ? specs : specs.slice(0, 1);
    }
    case 'convTranspose2d': {
      const area = sizeOf(layer.kernelSize);
      const channels = input[2]!;
      const shape = [...layer.kernelSize, layer.filters, channels];
      return kernelAndBias(layer, shape, area * channels, area * layer.filters, layer.filters);
    }
    case 'dense':
      return kernelAndBias(layer, [input[0]!, layer.units], input[0]!, layer.units, layer.units);
    case 'batchNormalization': {
      const channels = input.at(-1)!;
      const { name, activation } = layer;
      const common = { shape: [channels], fanIn: channels, fanOut: channels, activation };
      return [
        { ...common, name: `${name}/gamma`, role: 'gamma', trainable: true },
        { ...common, name: `${name}/beta`, role: 'beta', trainable: true },
        { ...common, name: `${name}/moving_mean`, role: 'movingMean', trainable: false },
        { ...common, name: `${name}/moving_variance`, role: 'movingVariance', trainable: false },
      ];
    }
    default:
      return [];
  }
}

function kernelAndBias(
  layer: { name: string; activation: Activation },
  kernelShape: number[],
  fanIn: number,
  fanOut: number,
  units: number,
): WeightSpec[] {
  const { name, activation } = layer;
  const common = { trainable: true, fanIn, fanOut, activation };
  return [
    { ...common, name: `${name}/kernel`, shape: kernelShape, role: 'kernel' },
    { ...common, name: `${name}/bias`, shape: [units], role: 'bias' },
  ];
}
