import onnxProto from 'onnx-proto';

import {
  type Activation,
  headLayer,
  inputName,
  inputsOf,
  type Layer,
  type Network,
  outputShapes,
} from '../network.ts';
import { asciiBytes, type Weights, littleEndianBytes } from '../weights.ts';
import { adaptiveWindows } from '../windows.ts';
import { checkedWeights } from './checked-weights.ts';

const { AttributeProto, ModelProto, TensorProto } = onnxProto.onnx;
type AttributeFields = Omit<onnxProto.onnx.IAttributeProto, 'name'>;

/** Name of the written graph's one output: n × outputs, or n × height × width × outputs, float32. */
export const onnxOutputName = 'probabilities';

/**
 * Opset 13 (November 2020) is the oldest in which Softmax has its present meaning; every operator used here reads
 * the same in all later ones. IR version 7 is the one that came with it. ONNX Runtime ≥ 1.6 opens such files.
 */
export const onnxOpset = 13;
const irVersion = 7;

/** What a written file says of its maker and its meaning. */
export interface OnnxOptions {
  readonly producerVersion: string;
  /** Written as `metadata_props`, e.g. class names; any keys. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A tensor of the graph being written. Pictures are channels-first inside, as Conv and MaxPool want them. */
interface GraphTensor {
  readonly name: string;
  readonly layout: 'picture' | 'flat';
  /** Without the batch dimension, in the network's own order (height, width, channels). */
  readonly shape: readonly number[];
}

interface Graph {
  readonly nodes: onnxProto.onnx.INodeProto[];
  readonly initializers: onnxProto.onnx.ITensorProto[];
  readonly weights: ReadonlyMap<string, { shape: readonly number[]; values: Float32Array }>;
}

/**
 * Writes a network as ONNX (github.com/onnx/onnx, onnx.proto). Input: `image`, float32, batch × height × width ×
 * channels with a free batch dimension; output: `probabilities`, float32, batch × outputs, of a network that segments
 * batch × height × width × outputs. Dropout is left out.
 * Peak memory: the weights, the file, and a transposed copy of the convolutions' kernels.
 * @throws Error when the weights are not this network's
 */
export function writeOnnx(network: Network, weights: Weights, options: OnnxOptions): Uint8Array {
  const [height, width, channels] = network.inputShape;
  const graph: Graph = {
    nodes: [],
    initializers: [],
    weights: new Map(
      checkedWeights(network, weights).map(({ spec, values }) => [spec.name, { shape: spec.shape, values }]),
    ),
  };
  const tensors = new Map<string, GraphTensor>();
  const channelsFirst = `${inputName}/channelsFirst`;
  addNode(graph, 'Transpose', channelsFirst, [inputName], { perm: ints([0, 3, 1, 2]) });
  tensors.set(inputName, { name: channelsFirst, layout: 'picture', shape: network.inputShape });

  const head = headLayer(network);
  for (const layer of network.layers) {
    const inputs = inputsOf(layer).map((name) => tensors.get(name)!);
    if (layer !== head && layer.name === onnxOutputName)
      throw new Error(`Only the last layer of ${network.id} may be called ${onnxOutputName}`);
    const isFlatHead = layer === head && layer.kind === 'dense';
    const name = layer === head && !isFlatHead ? `${layer.name}/channelsFirst` : layer.name;
    tensors.set(layer.name, addLayer(graph, layer, inputs, isFlatHead ? onnxOutputName : name));
  }
  const result = tensors.get(head.name)!;
  if (result.layout === 'picture')
    addNode(graph, 'Transpose', onnxOutputName, [result.name], { perm: ints([0, 2, 3, 1]) });

  return ModelProto.encode({
    irVersion,
    opsetImport: [{ domain: '', version: onnxOpset }],
    producerName: 'Readroom',
    producerVersion: options.producerVersion,
    metadataProps: Object.entries(options.metadata ?? {}).map(([key, value]) => ({ key, value })),
    graph: {
      name: network.id,
      node: graph.nodes,
      initializer: graph.initializers,
      input: [valueInfo(inputName, [height, width, channels])],
      output: [valueInfo(onnxOutputName, outputShapes(network).get(head.name)!)],
    },
  }).finish();
}

/**
 * TensorFlow's `same` as explicit padding: output = ceil(length / stride), the odd pixel at the end.
 * Source: tensorflow.org/api_docs/python/tf/nn, "Notes on padding".
 */
export function samePadding(
  length: number,
  window: number,
  stride: number,
): readonly [begin: number, end: number] {
  const output = Math.ceil(length / stride);
  const total = Math.max(0, (output - 1) * stride + window - length);
  const begin = Math.floor(total / 2);
  return [begin, total - begin];
}

function addLayer(graph: Graph, layer: Layer, inputs: readonly GraphTensor[], output: string): GraphTensor {
  const [input] = inputs as [GraphTensor];
  const [height, width, channels] = input.shape as [number, number, number];
  const picture = (shape: readonly number[]): GraphTensor => ({ name: output, layout: 'picture', shape });
  switch (layer.kind) {
    case 'conv2d': {
      requireLayout(layer, input, 'picture');
      addConvolutionKernel(graph, layer.name);
      if (layer.bias) addBias(graph, layer.name);
      const attributes = { ...windowAttributes(layer, layer.kernelSize, input), group: int(layer.groups) };
      const parameters = [`${layer.name}/kernel`, ...(layer.bias ? [`${layer.name}/bias`] : [])];
      addActivated(graph, layer, output, (name) => {
        addNode(graph, 'Conv', name, [input.name, ...parameters], attributes);
      });
      return picture([...windowedLengths(layer, layer.kernelSize, input), layer.filters]);
    }
    case 'convTranspose2d': {
      requireLayout(layer, input, 'picture');
      addConvolutionKernel(graph, layer.name);
      addBias(graph, layer.name);
      const attributes = transposedAttributes(layer, input);
      addActivated(graph, layer, output, (name) => {
        const parameters = [`${layer.name}/kernel`, `${layer.name}/bias`];
        addNode(graph, 'ConvTranspose', name, [input.name, ...parameters], attributes);
      });
      return picture([height * layer.strides[0], width * layer.strides[1], layer.filters]);
    }
    case 'zeroPad2d': {
      requireLayout(layer, input, 'picture');
      const { top, bottom, left, right } = layer.padding;
      addIntegers(graph, `${layer.name}/pads`, [0, 0, top, left, 0, 0, bottom, right]);
      addNode(graph, 'Pad', output, [input.name, `${layer.name}/pads`], {});
      return picture([height + top + bottom, width + left + right, channels]);
    }
    case 'maxPool2d':
    case 'averagePool2d': {
      requireLayout(layer, input, 'picture');
      const operator = layer.kind === 'maxPool2d' ? 'MaxPool' : 'AveragePool';
      addNode(graph, operator, output, [input.name], windowAttributes(layer, layer.poolSize, input));
      return picture([...windowedLengths(layer, layer.poolSize, input), channels]);
    }
    case 'globalAveragePool2d': {
      requireLayout(layer, input, 'picture');
      addNode(graph, 'ReduceMean', output, [input.name], { axes: ints([2, 3]), keepdims: int(0) });
      return { name: output, layout: 'flat', shape: [channels] };
    }
    case 'adaptiveAveragePool2d': {
      requireLayout(layer, input, 'picture');
      const [down, across] = layer.outputSize;
      const columns = adaptiveWindows(width, across);
      addInitializer(graph, `${layer.name}/across`, [width, across], transposed(columns, across, width));
      addInitializer(graph, `${layer.name}/down`, [down, height], adaptiveWindows(height, down));
      const narrow = `${layer.name}/narrow`;
      addNode(graph, 'MatMul', narrow, [input.name, `${layer.name}/across`], {});
      addNode(graph, 'MatMul', output, [`${layer.name}/down`, narrow], {});
      return picture([down, across, channels]);
    }
    case 'upsample2d': {
      requireLayout(layer, input, 'picture');
      const { factor } = layer;
      addInitializer(graph, `${layer.name}/scales`, [4], Float32Array.of(1, 1, factor, factor));
      addActivated(graph, layer, output, (name) => {
        addNode(graph, 'Resize', name, [input.name, '', `${layer.name}/scales`], {
          mode: text('linear'),
          coordinate_transformation_mode: text('half_pixel'),
        });
      });
      return picture([height * factor, width * factor, channels]);
    }
    case 'batchNormalization': {
      const names = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map(
        (part) => `${layer.name}/${part}`,
      );
      for (const name of names) {
        const { shape, values } = graph.weights.get(name)!;
        addInitializer(graph, name, shape, values);
      }
      addActivated(graph, layer, output, (name) => {
        addNode(graph, 'BatchNormalization', name, [input.name, ...names], { epsilon: float(layer.epsilon) });
      });
      return { ...input, name: output };
    }
    case 'localResponseNormalization': {
      requireLayout(layer, input, 'picture');
      const size = 2 * layer.depthRadius + 1;
      // ONNX divides the sum of squares by the number of channels; the paper and TensorFlow do not.
      addNode(graph, 'LRN', output, [input.name], {
        size: int(size),
        alpha: float(layer.alpha * size),
        beta: float(layer.beta),
        bias: float(layer.bias),
      });
      return picture(input.shape);
    }
    case 'add':
      addActivated(graph, layer, output, (name) => {
        addNode(graph, 'Sum', name, namesOf(inputs), {});
      });
      return { ...input, name: output };
    case 'concat': {
      addNode(graph, 'Concat', output, namesOf(inputs), { axis: int(1) });
      const together = inputs.reduce((sum, { shape }) => sum + shape.at(-1)!, 0);
      return { ...input, name: output, shape: [...input.shape.slice(0, -1), together] };
    }
    case 'flatten': {
      if (input.layout === 'flat') return input;
      // Back to height-width-channels first, so that dense kernels keep TensorFlow's row order.
      const channelsLast = `${layer.name}/channelsLast`;
      addNode(graph, 'Transpose', channelsLast, [input.name], { perm: ints([0, 2, 3, 1]) });
      addNode(graph, 'Flatten', output, [channelsLast], { axis: int(1) });
      return { name: output, layout: 'flat', shape: [height * width * channels] };
    }
    case 'dense': {
      requireLayout(layer, input, 'flat');
      const kernel = graph.weights.get(`${layer.name}/kernel`)!;
      addInitializer(graph, `${layer.name}/kernel`, kernel.shape, kernel.values);
      addBias(graph, layer.name);
      addActivated(graph, layer, output, (name) => {
        addNode(graph, 'Gemm', name, [input.name, `${layer.name}/kernel`, `${layer.name}/bias`], {});
      });
      return { name: output, layout: 'flat', shape: [layer.units] };
    }
    case 'dropout':
      return input;
  }
}

function namesOf(tensors: readonly GraphTensor[]): string[] {
  return tensors.map(({ name }) => name);
}

const activationOperators: Readonly<Record<Exclude<Activation, 'linear'>, string>> = {
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  softmax: 'Softmax',
};

/** Adds a layer's linear part and, as a node of its own, its activation; the last of them is called `output`. */
function addActivated(
  graph: Graph,
  { name, activation }: { name: string; activation: Activation },
  output: string,
  addLinear: (name: string) => void,
): void {
  if (activation === 'linear') {
    addLinear(output);
    return;
  }
  const linear = `${name}/linear`;
  addLinear(linear);
  // Channels come second in pictures and in rows of numbers alike.
  const attributes: Record<string, AttributeFields> = activation === 'softmax' ? { axis: int(1) } : {};
  addNode(graph, activationOperators[activation], output, [linear], attributes);
}

/** The padding that makes of TensorFlow's `same` exactly stride times the size. */
function transposedAttributes(
  { kernelSize, strides }: Extract<Layer, { kind: 'convTranspose2d' }>,
  { shape }: GraphTensor,
): Record<string, AttributeFields> {
  const along = (axis: 0 | 1): readonly [number, number] =>
    samePadding(shape[axis]! * strides[axis], kernelSize[axis], strides[axis]);
  const [[top, bottom], [left, right]] = [along(0), along(1)];
  const missing = ([0, 1] as const).map((axis) => Math.max(0, strides[axis] - kernelSize[axis]));
  return {
    kernel_shape: ints(kernelSize),
    strides: ints(strides),
    pads: ints([top, left, bottom, right]),
    output_padding: ints(missing),
  };
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return matrix.map((_, at) => matrix[(at % rows) * columns + Math.floor(at / rows)]!);
}

/** A convolution's kernel, H-W-I-O as O-I-H-W; a transposed one's, H-W-O-I as I-O-H-W. */
function addConvolutionKernel(graph: Graph, layerName: string): void {
  const name = `${layerName}/kernel`;
  const { shape, values } = graph.weights.get(name)!;
  const [height, width, second, first] = shape as [number, number, number, number];
  addInitializer(
    graph,
    name,
    [first, second, height, width],
    outputInputHeightWidth(values, height * width, second, first),
  );
}

type WindowedLayer = Extract<Layer, { padding: 'valid' | 'same' }>;

function windowAttributes(
  layer: WindowedLayer,
  window: readonly [number, number],
  input: GraphTensor,
): Record<string, AttributeFields> {
  const [top, bottom] = paddingAlong(layer, window, input, 0);
  const [left, right] = paddingAlong(layer, window, input, 1);
  return { kernel_shape: ints(window), strides: ints(layer.strides), pads: ints([top, left, bottom, right]) };
}

function windowedLengths(
  layer: WindowedLayer,
  window: readonly [number, number],
  input: GraphTensor,
): number[] {
  return ([0, 1] as const).map((axis) => {
    const [begin, end] = paddingAlong(layer, window, input, axis);
    return Math.floor((input.shape[axis]! + begin + end - window[axis]) / layer.strides[axis]) + 1;
  });
}

function paddingAlong(
  layer: WindowedLayer,
  window: readonly [number, number],
  input: GraphTensor,
  axis: 0 | 1,
): readonly [number, number] {
  return layer.padding === 'valid'
    ? [0, 0]
    : samePadding(input.shape[axis]!, window[axis], layer.strides[axis]);
}

/** H-W-I-O to O-I-H-W; `area` is height × width. */
function outputInputHeightWidth(
  values: Float32Array,
  area: number,
  inputs: number,
  outputs: number,
): Float32Array {
  const transposed = new Float32Array(values.length);
  let from = 0;
  for (let position = 0; position < area; position++) {
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < outputs; output++) {
        transposed[(output * inputs + input) * area + position] = values[from++]!;
      }
    }
  }
  return transposed;
}

function requireLayout(layer: Layer, input: GraphTensor, layout: GraphTensor['layout']): void {
  if (input.layout !== layout)
    throw new Error(`Layer ${layer.name} (${layer.kind}) cannot read ${input.name}`);
}

function addBias(graph: Graph, layerName: string): void {
  const bias = graph.weights.get(`${layerName}/bias`)!;
  addInitializer(graph, `${layerName}/bias`, bias.shape, bias.values);
}

function addInitializer(graph: Graph, name: string, shape: readonly number[], values: Float32Array): void {
  graph.initializers.push({
    name,
    dims: [...shape],
    dataType: TensorProto.DataType.FLOAT,
    rawData: littleEndianBytes(values),
  });
}

function addIntegers(graph: Graph, name: string, values: readonly number[]): void {
  graph.initializers.push({
    name,
    dims: [values.length],
    dataType: TensorProto.DataType.INT64,
    rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
  });
}

function addNode(
  graph: Graph,
  opType: string,
  output: string,
  input: string[],
  attributes: Record<string, AttributeFields>,
): void {
  graph.nodes.push({
    name: output,
    opType,
    input,
    output: [output],
    attribute: Object.entries(attributes).map(([name, fields]) => ({ name, ...fields })),
  });
}

function ints(values: readonly number[]): AttributeFields {
  return { type: AttributeProto.AttributeType.INTS, ints: [...values] };
}

function int(value: number): AttributeFields {
  return { type: AttributeProto.AttributeType.INT, i: value };
}

function float(value: number): AttributeFields {
  return { type: AttributeProto.AttributeType.FLOAT, f: value };
}

function text(value: string): AttributeFields {
  return { type: AttributeProto.AttributeType.STRING, s: asciiBytes(value) };
}

/** A float32 tensor with a free batch dimension. */
function valueInfo(name: string, shape: readonly number[]): onnxProto.onnx.IValueInfoProto {
  const dim = [{ dimParam: 'batch' }, ...shape.map((length) => ({ dimValue: length }))];
  return { name, type: { tensorType: { elemType: TensorProto.DataType.FLOAT, shape: { dim } } } };
}
