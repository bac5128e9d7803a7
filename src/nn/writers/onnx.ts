import onnxProto from 'onnx-proto';

import { type Layer, type Network, inputName } from '../network.ts';
import { type Weights, littleEndianBytes } from '../weights.ts';
import { checkedWeights } from './checked-weights.ts';

const { AttributeProto, ModelProto, TensorProto } = onnxProto.onnx;
type AttributeFields = Omit<onnxProto.onnx.IAttributeProto, 'name'>;

/** Name of the written graph's one output: n × classes, float32. */
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
 * channels with a free batch dimension; output: `probabilities`, float32, batch × classes. Dropout is left out.
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

  const last = network.layers.at(-1);
  if (!last) throw new Error(`${network.id} has no layers`);
  for (const layer of network.layers) {
    const input = tensors.get(layer.input);
    if (!input)
      throw new Error(
        `Layer ${layer.name} of ${network.id} reads ${layer.input}, which comes later or never`,
      );
    if (layer !== last && layer.name === onnxOutputName) {
      throw new Error(`Only the last layer of ${network.id} may be called ${onnxOutputName}`);
    }
    const output = layer === last ? onnxOutputName : layer.name;
    tensors.set(layer.name, addLayer(graph, layer, input, output));
  }
  const result = tensors.get(last.name)!;
  if (result.name !== onnxOutputName || result.layout !== 'flat') {
    throw new Error(`The last layer of ${network.id}, ${last.name}, does not give class probabilities`);
  }

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
      output: [valueInfo(onnxOutputName, [network.classes])],
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

function addLayer(graph: Graph, layer: Layer, input: GraphTensor, output: string): GraphTensor {
  switch (layer.kind) {
    case 'conv2d': {
      requireLayout(layer, input, 'picture');
      const kernel = graph.weights.get(`${layer.name}/kernel`)!;
      const [kernelHeight, kernelWidth, channels, filters] = kernel.shape as [number, number, number, number];
      addInitializer(
        graph,
        `${layer.name}/kernel`,
        [filters, channels, kernelHeight, kernelWidth],
        outputInputHeightWidth(kernel.values, kernelHeight * kernelWidth, channels, filters),
      );
      addBias(graph, layer.name);
      const attributes = windowAttributes(layer, layer.kernelSize, input);
      addActivated(graph, layer, output, 1, (name) => {
        addNode(graph, 'Conv', name, [input.name, `${layer.name}/kernel`, `${layer.name}/bias`], attributes);
      });
      return {
        name: output,
        layout: 'picture',
        shape: [...windowedLengths(layer, layer.kernelSize, input), filters],
      };
    }
    case 'maxPool2d': {
      requireLayout(layer, input, 'picture');
      addNode(graph, 'MaxPool', output, [input.name], windowAttributes(layer, layer.poolSize, input));
      const lengths = windowedLengths(layer, layer.poolSize, input);
      return { name: output, layout: 'picture', shape: [...lengths, input.shape[2]!] };
    }
    case 'flatten': {
      if (input.layout === 'flat') return input;
      // Back to height-width-channels first, so that dense kernels keep TensorFlow's row order.
      const channelsLast = `${layer.name}/channelsLast`;
      addNode(graph, 'Transpose', channelsLast, [input.name], { perm: ints([0, 2, 3, 1]) });
      addNode(graph, 'Flatten', output, [channelsLast], { axis: int(1) });
      return {
        name: output,
        layout: 'flat',
        shape: [input.shape.reduce((product, length) => product * length, 1)],
      };
    }
    case 'dense': {
      requireLayout(layer, input, 'flat');
      const kernel = graph.weights.get(`${layer.name}/kernel`)!;
      addInitializer(graph, `${layer.name}/kernel`, kernel.shape, kernel.values);
      addBias(graph, layer.name);
      addActivated(graph, layer, output, -1, (name) => {
        addNode(graph, 'Gemm', name, [input.name, `${layer.name}/kernel`, `${layer.name}/bias`], {});
      });
      return { name: output, layout: 'flat', shape: [layer.units] };
    }
    case 'dropout':
      return input;
  }
}

/** Adds a layer's linear part and, as a node of its own, its activation; the last of them is called `output`. */
function addActivated(
  graph: Graph,
  layer: Extract<Layer, { activation: unknown }>,
  output: string,
  classAxis: number,
  addLinear: (name: string) => void,
): void {
  if (layer.activation === 'linear') {
    addLinear(output);
    return;
  }
  const linear = `${layer.name}/linear`;
  addLinear(linear);
  if (layer.activation === 'relu') addNode(graph, 'Relu', output, [linear], {});
  else addNode(graph, 'Softmax', output, [linear], { axis: int(classAxis) });
}

type WindowedLayer = Extract<Layer, { padding: unknown }>;

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
    throw new Error(`Layer ${layer.name} (${layer.kind}) cannot read ${layer.input}`);
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

/** A float32 tensor with a free batch dimension. */
function valueInfo(name: string, shape: readonly number[]): onnxProto.onnx.IValueInfoProto {
  const dim = [{ dimParam: 'batch' }, ...shape.map((length) => ({ dimValue: length }))];
  return { name, type: { tensorType: { elemType: TensorProto.DataType.FLOAT, shape: { dim } } } };
}
