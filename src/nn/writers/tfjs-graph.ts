import {
  type Activation,
  inputsOf,
  type Layer,
  type Network,
  outputName,
  outputShapes,
  sizeOf,
} from '../network.ts';
import { littleEndianBytes } from '../weights.ts';
import { adaptiveWindows } from '../windows.ts';
import { type CheckedWeight } from './checked-weights.ts';
import { graphInputs } from './graph-inputs.ts';
import { type TfjsModel, type TfjsTensor } from './tfjs-model.ts';

/** A field of TensorFlow's `AttrValue` (tensorflow/core/framework/attr_value.proto) as protobuf's JSON. */
type Attributes = Readonly<Record<string, object>>;

interface Graph {
  readonly nodes: object[];
  readonly tensors: TfjsTensor[];
  readonly weights: ReadonlyMap<string, CheckedWeight>;
}

/** One operation of a layer; the value that comes along goes in among others. */
interface Operation {
  readonly op: string;
  readonly inputs: (value: string) => readonly string[];
  readonly attributes: Attributes;
}

/**
 * TensorFlow's graph (`GraphDef`) of inference: a layer is one operation or a few, of which the last has its name.
 * Dropout is left out; batch normalisation is the factor and offset that its running values make.
 */
export function graphModel(network: Network, weights: readonly CheckedWeight[]): TfjsModel {
  const byName = new Map(weights.map((weight) => [weight.spec.name, weight]));
  const graph: Graph = { nodes: [], tensors: [], weights: byName };
  const shapes = outputShapes(network);
  const fed = graphInputs(network);
  for (const { name, shape } of fed) {
    graph.nodes.push({
      ...{ name, op: 'Placeholder' },
      attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: batchOf(shape) } },
    });
  }
  const values = new Map(fed.map(({ name }) => [name, name]));
  for (const layer of network.layers) {
    const names = inputsOf(layer);
    const inputs = names.map((name) => values.get(name)!);
    const operations = operationsOf(graph, layer, inputs, shapes.get(names[0]!)!);
    values.set(layer.name, addChain(graph, layer.name, inputs[0]!, operations));
  }
  const last = network.layers.at(-1)!.name;
  return {
    head: {
      format: 'graph-model',
      modelTopology: { node: graph.nodes, library: {}, versions: { producer: 1087, minConsumer: 12 } },
      signature: {
        inputs: Object.fromEntries(fed.map(({ name, shape }) => [name, signatureOf(name, shape)])),
        outputs: { [outputName]: signatureOf(values.get(last)!, shapes.get(last)!) },
      },
    },
    tensors: graph.tensors,
  };
}

/** Adds a layer's operations one after the other. @returns the name of what it gives */
function addChain(graph: Graph, name: string, input: string, operations: readonly Operation[]): string {
  let value = input;
  operations.forEach(({ op, inputs, attributes }, at) => {
    const output = at === operations.length - 1 ? name : `${name}/${at + 1}_${op}`;
    addNode(graph, output, op, inputs(value), attributes);
    value = output;
  });
  return value;
}

/** @param shape of the first input, without the batch dimension */
function operationsOf(
  graph: Graph,
  layer: Layer,
  inputs: readonly string[],
  shape: readonly number[],
): readonly Operation[] {
  const { name } = layer;
  const weight = (part: string): string => addWeight(graph, `${name}/${part}`);
  const constant = (part: string, lengths: readonly number[], numbers: Float32Array | Int32Array): string =>
    addConstant(graph, `${name}/${part}`, lengths, numbers);
  const whole = (part: string, numbers: readonly number[], lengths = [numbers.length]): string =>
    constant(part, lengths, Int32Array.from(numbers));
  const [height, width, channels] = shape as [number, number, number];
  switch (layer.kind) {
    case 'conv2d': {
      const bias = layer.bias ? [operation('BiasAdd', [weight('bias')])] : [];
      return [convolution(graph, layer, weight('kernel')), ...bias, ...activation(layer)];
    }
    case 'convTranspose2d': {
      const [down, across] = layer.strides;
      const lengths = [height * down, width * across, layer.filters];
      const kernel = weight('kernel');
      const attributes = {
        ...windowAttributes({ ...layer, padding: 'same' }),
        dilations: ints([1, 1, 1, 1]),
      };
      return [
        {
          op: 'Conv2DBackpropInput',
          inputs: (value) => [batchShape(graph, name, value, lengths), kernel, value],
          attributes,
        },
        operation('BiasAdd', [weight('bias')]),
        ...activation(layer),
      ];
    }
    case 'zeroPad2d': {
      const { top, bottom, left, right } = layer.padding;
      return [operation('Pad', [whole('paddings', [0, 0, top, bottom, left, right, 0, 0], [4, 2])])];
    }
    case 'maxPool2d':
    case 'averagePool2d': {
      const attributes = { ...windowAttributes(layer), ksize: ints([1, ...layer.poolSize, 1]) };
      return [operation(layer.kind === 'maxPool2d' ? 'MaxPool' : 'AvgPool', [], attributes)];
    }
    case 'globalAveragePool2d':
      return [operation('Mean', [whole('axes', [1, 2])], { keep_dims: { b: false } })];
    case 'adaptiveAveragePool2d': {
      const [rows, columns] = layer.outputSize;
      const reshape = (part: string, lengths: readonly number[]): Operation =>
        operation('Reshape', [whole(part, [-1, ...lengths])]);
      const means = (part: string, length: number, outputs: number): Operation => {
        const matrix = constant(part, [1, outputs, length], adaptiveWindows(length, outputs));
        return { op: 'BatchMatMulV2', inputs: (value) => [matrix, value], attributes: {} };
      };
      return [
        reshape('rows', [height, width * channels]),
        means('down', height, rows),
        reshape('columns', [width, channels]),
        means('across', width, columns),
        reshape('picture', [rows, columns, channels]),
      ];
    }
    case 'upsample2d': {
      const size = whole('size', [height * layer.factor, width * layer.factor]);
      const attributes = { align_corners: { b: false }, half_pixel_centers: { b: true } };
      return [operation('ResizeBilinear', [size], attributes), ...activation(layer)];
    }
    case 'batchNormalization': {
      const { scale, offset } = normalizingFactors(graph, layer);
      return [
        operation('Mul', [constant('scale', [scale.length], scale)]),
        operation('AddV2', [constant('offset', [offset.length], offset)]),
        ...activation(layer),
      ];
    }
    case 'localResponseNormalization':
      return [
        operation('LRN', [], {
          depth_radius: { i: String(layer.depthRadius) },
          ...{ bias: { f: layer.bias }, alpha: { f: layer.alpha }, beta: { f: layer.beta } },
        }),
      ];
    case 'add': {
      const sum = { op: 'AddN', inputs: () => inputs, attributes: { N: { i: String(inputs.length) } } };
      return [sum, ...activation(layer)];
    }
    case 'concat':
      return [concatenation(() => inputs, inputs.length, whole('axis', [shape.length], []))];
    case 'flatten':
      return [operation('Reshape', [whole('shape', [-1, sizeOf(shape)])])];
    case 'dense':
      return [
        operation('MatMul', [weight('kernel')], { transpose_a: { b: false }, transpose_b: { b: false } }),
        operation('BiasAdd', [weight('bias')]),
        ...activation(layer),
      ];
    case 'dropout':
      return [];
  }
}

function operation(op: string, others: readonly string[] = [], attributes: Attributes = {}): Operation {
  return { op, inputs: (value) => [value, ...others], attributes };
}

const activationOperations: Readonly<Record<Exclude<Activation, 'linear'>, string>> = {
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  softmax: 'Softmax',
};

function activation({ activation: of }: { activation: Activation }): readonly Operation[] {
  return of === 'linear' ? [] : [operation(activationOperations[of])];
}

/** A convolution; of groups, whose channels and filters TensorFlow.js does not part by itself, one for each. */
function convolution(graph: Graph, layer: Extract<Layer, { kind: 'conv2d' }>, kernel: string): Operation {
  const attributes = { ...windowAttributes(layer), dilations: ints([1, 1, 1, 1]) };
  const { name, groups } = layer;
  if (groups === 1) return operation('Conv2D', [kernel], attributes);
  const axis = addConstant(graph, `${name}/axis`, [], Int32Array.of(3));
  const split = (part: string, value: string): ((group: number) => string) => {
    const node = `${name}/${part}`;
    addNode(graph, node, 'Split', [axis, value], { num_split: { i: String(groups) } });
    return (group) => `${node}:${group}`;
  };
  const parts = (value: string): string[] => {
    const [channels, filters] = [split('channels', value), split('filters', kernel)];
    return Array.from({ length: groups }, (_, group) => {
      const part = `${name}/group${group + 1}`;
      addNode(graph, part, 'Conv2D', [channels(group), filters(group)], attributes);
      return part;
    });
  };
  return concatenation(parts, groups, axis);
}

function concatenation(inputs: (value: string) => readonly string[], count: number, axis: string): Operation {
  return {
    op: 'ConcatV2',
    inputs: (value) => [...inputs(value), axis],
    attributes: { N: { i: String(count) } },
  };
}

/** A shape as a value of the graph: the batch dimension of `value` and these lengths behind it. */
function batchShape(graph: Graph, name: string, value: string, lengths: readonly number[]): string {
  const whole = (part: string, of: number, shape: readonly number[] = [1]): string =>
    addConstant(graph, `${name}/${part}`, shape, Int32Array.of(of));
  const [dimensions, batch, shape] = [`${name}/dimensions`, `${name}/batch`, `${name}/shape`];
  addNode(graph, dimensions, 'Shape', [value], {});
  const slice = [dimensions, whole('begin', 0), whole('end', 1), whole('step', 1)];
  const integer = { type: 'DT_INT32' };
  addNode(graph, batch, 'StridedSlice', slice, {
    ...{ T: integer, Index: integer },
    shrink_axis_mask: { i: '1' },
  });
  const rest = lengths.map((length, at) => whole(`length${at + 1}`, length, []));
  addNode(graph, shape, 'Pack', [batch, ...rest], {
    ...{ T: integer, N: { i: String(1 + lengths.length) } },
    axis: { i: '0' },
  });
  return shape;
}

/** What batch normalisation does with its running values: a factor and an offset for every channel. */
function normalizingFactors(
  graph: Graph,
  { name, epsilon }: Extract<Layer, { kind: 'batchNormalization' }>,
): { scale: Float32Array; offset: Float32Array } {
  const of = (part: string): Float32Array => graph.weights.get(`${name}/${part}`)!.values;
  const [gamma, beta, mean, variance] = [of('gamma'), of('beta'), of('moving_mean'), of('moving_variance')];
  const scale = gamma.map((value, channel) => value / Math.sqrt(variance[channel]! + epsilon));
  return { scale, offset: beta.map((value, channel) => value - mean[channel]! * scale[channel]!) };
}

/** `VALID`, `SAME` and `NHWC` as protobuf's JSON has bytes: in base 64. */
const words = { valid: { s: 'VkFMSUQ=' }, same: { s: 'U0FNRQ==' }, channelsLast: { s: 'TkhXQw==' } };

function windowAttributes(of: { strides: readonly [number, number]; padding: 'valid' | 'same' }): Attributes {
  return {
    strides: ints([1, ...of.strides, 1]),
    padding: words[of.padding],
    data_format: words.channelsLast,
  };
}

function ints(values: readonly number[]): object {
  return { list: { i: values.map(String) } };
}

function addWeight(graph: Graph, name: string): string {
  const { spec, values } = graph.weights.get(name)!;
  return addConstant(graph, name, spec.shape, values);
}

function addConstant(
  graph: Graph,
  name: string,
  shape: readonly number[],
  values: Float32Array | Int32Array,
): string {
  const isFloat = values instanceof Float32Array;
  const type = isFloat ? 'DT_FLOAT' : 'DT_INT32';
  const { buffer, byteOffset, length } = values;
  graph.nodes.push({
    ...{ name, op: 'Const' },
    attr: { dtype: { type }, value: { tensor: { dtype: type, tensorShape: dimensions(shape) } } },
  });
  graph.tensors.push({
    ...{ name, shape, dtype: isFloat ? 'float32' : 'int32' },
    bytes: littleEndianBytes(isFloat ? values : new Float32Array(buffer, byteOffset, length)),
  });
  return name;
}

function addNode(
  graph: Graph,
  name: string,
  op: string,
  input: readonly string[],
  attributes: Attributes,
): void {
  graph.nodes.push({ name, op, input, attr: { T: { type: 'DT_FLOAT' }, ...attributes } });
}

function signatureOf(name: string, shape: readonly number[]): object {
  return { name: `${name}:0`, dtype: 'DT_FLOAT', tensorShape: batchOf(shape) };
}

function batchOf(shape: readonly number[]): object {
  return dimensions([-1, ...shape]);
}

function dimensions(shape: readonly number[]): object {
  return { dim: shape.map((length) => ({ size: String(length) })) };
}
