import * as tf from '@tensorflow/tfjs-core';

import {
  addConstant,
  type Attribute,
  type ElementType,
  type Graph,
  type Output,
  shapeConstant,
} from './graph.ts';

/** One call of a tfjs kernel, to be written as nodes. */
export interface KernelCall {
  readonly graph: Graph;
  /** The input of this name. */
  read(name: string): Output;
  /** Every input, in order. */
  all(): Output[];
  readonly attributes: tf.NamedAttrMap;
}
type TracingKernel = (call: KernelCall) => Output | readonly Output[];

const float = { type: 'float32' } as const;

/** tfjs' kernels as nodes of TensorFlow: name, attributes and inputs as TensorFlow's operation definitions have them. */
export const tracingKernels: Readonly<Record<string, TracingKernel>> = {
  ...unary('Abs', 'Cos', 'Exp', 'Log', 'Neg', 'Relu', 'Rsqrt', 'Sigmoid', 'Sin', 'Sqrt', 'Square', 'Tanh'),
  ...binary('RealDiv', 'Maximum', 'Minimum', 'Pow', 'SquaredDifference', 'Sub'),
  ...binaryAs({ Add: 'AddV2', Multiply: 'Mul' }),
  ...comparison('Equal', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'),
  ...reduction('Max', 'Mean', 'Min', 'Sum'),
  Identity: ({ graph, read }) => sameShape(graph, 'Identity', [read('x')]),
  Cast: ({ graph, read, attributes }) => cast(graph, read('x'), attributes['dtype'] as ElementType),
  Reshape: ({ graph, read, attributes }) => {
    const x = read('x');
    const shape = tf.util.inferFromImplicitShape(attributes['shape'] as number[], size(x.shape));
    return reshape(graph, x, shape);
  },
  ExpandDims: ({ graph, read, attributes }) => {
    const x = read('input');
    const dim = attributes['dim'] as number;
    const at = dim < 0 ? x.shape.length + 1 + dim : dim;
    return reshape(graph, x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
  },
  Concat: ({ graph, all, attributes }) => {
    return concat(graph, all(), attributes['axis'] as number);
  },
  Slice: ({ graph, read, attributes }) => {
    const x = read('x');
    const { begin: from, size: most } = attributes as unknown as Record<'begin' | 'size', number[]>;
    const [begin, lengths] = tf.slice_util.parseSliceParams(x as unknown as tf.TensorInfo, from, most) as [
      number[],
      number[],
    ];
    return slice(graph, x, begin, lengths);
  },
  MirrorPad: ({ graph, read, attributes }) => {
    const x = read('x');
    const { paddings, mode } = attributes as unknown as { paddings: [number, number][]; mode: string };
    return padded(graph, 'MirrorPad', x, paddings, { mode: { string: mode.toUpperCase() } });
  },
  GatherV2: ({ graph, read, attributes }) => {
    const [x, indices] = [read('x'), read('indices')];
    const axis = attributes['axis'] as number;
    if (axis !== 0 || indices.shape.length !== 1)
      throw new Error('Gather is traced along the first axis only');
    return graph.add('GatherV2', [x, indices, shapeConstant(graph, [axis], [])], {
      attributes: {
        Tparams: { type: x.dtype },
        Tindices: { type: indices.dtype },
        Taxis: { type: 'int32' },
        batch_dims: { int: 0 },
      },
      outputs: [{ shape: [...indices.shape, ...x.shape.slice(1)], dtype: x.dtype }],
    });
  },
  BatchMatMul: ({ graph, read, attributes }) =>
    matMul(
      graph,
      read('a'),
      read('b'),
      attributes['transposeA'] as boolean,
      attributes['transposeB'] as boolean,
    ),
  _FusedMatMul: ({ graph, read, attributes }) => {
    const product = matMul(
      graph,
      read('a'),
      read('b'),
      attributes['transposeA'] as boolean,
      attributes['transposeB'] as boolean,
    );
    return withBias(graph, product, read('bias'), attributes['activation'] as string);
  },
  Conv2D: (call) => convolution(call),
  FusedConv2D: (call) =>
    withBias(call.graph, convolution(call), call.read('bias'), call.attributes['activation'] as string),
  Conv2DBackpropFilter: ({ graph, read, attributes }) => {
    const [x, dy] = [read('x'), read('dy')];
    const shape = attributes['filterShape'] as number[];
    return graph.add('Conv2DBackpropFilter', [x, shapeConstant(graph, shape), dy], {
      attributes: convolutionAttributes(attributes),
      outputs: [{ shape, dtype: 'float32' }],
    });
  },
  Conv2DBackpropInput: ({ graph, read, attributes }) => {
    const [dy, filter] = [read('dy'), read('filter')];
    const shape = attributes['inputShape'] as number[];
    return graph.add('Conv2DBackpropInput', [shapeConstant(graph, shape), filter, dy], {
      attributes: convolutionAttributes(attributes),
      outputs: [{ shape, dtype: 'float32' }],
    });
  },
  DepthwiseConv2dNative: (call) => convolution(call, 'DepthwiseConv2dNative'),
  MaxPool: (call) => pooled(call, 'MaxPool'),
  MaxPoolGrad: ({ graph, read, attributes }) =>
    sameShape(graph, 'MaxPoolGrad', [read('input'), read('output'), read('dy')], poolAttributes(attributes)),
  AvgPool: (call) => pooled(call, 'AvgPool'),
  AvgPoolGrad: ({ graph, read, attributes }) => {
    const { shape } = read('input');
    return graph.add('AvgPoolGrad', [shapeConstant(graph, shape), read('dy')], {
      attributes: poolAttributes(attributes),
      outputs: [{ shape, dtype: 'float32' }],
    });
  },
  LRN: ({ graph, read, attributes }) => sameShape(graph, 'LRN', [read('x')], responseAttributes(attributes)),
  LRNGrad: ({ graph, read, attributes }) =>
    sameShape(graph, 'LRNGrad', [read('dy'), read('x'), read('y')], responseAttributes(attributes)),
  PadV2: ({ graph, read, attributes }) => {
    const x = read('x');
    const { paddings, constantValue } = attributes as unknown as {
      paddings: [number, number][];
      constantValue: number;
    };
    return padded(graph, 'PadV2', x, paddings, {}, [addConstant(graph, Float32Array.of(constantValue), [])]);
  },
  FusedBatchNormV3: ({ graph, read, attributes }) => {
    const [x, scale, offset] = [read('x'), read('scale'), read('offset')];
    const none = addConstant(graph, new Float32Array(), [0]);
    const channel = { shape: scale.shape, dtype: 'float32' } as const;
    return graph.addMany('FusedBatchNormV3', [x, scale, offset, none, none], {
      attributes: { ...batchNormalizationAttributes(attributes), exponential_avg_factor: { float: 1 } },
      // What it keeps for its gradient last: the third is TensorFlow's own, and empty on the processor.
      outputs: [x, channel, channel, channel, channel, { shape: [0], dtype: 'float32' }],
    });
  },
  FusedBatchNormGradV3: ({ graph, read, attributes }) => {
    const [dy, x, scale] = [read('dy'), read('x'), read('scale')];
    const reserved = [read('reserve1'), read('reserve2'), read('reserve3')];
    const channel = { shape: scale.shape, dtype: 'float32' } as const;
    return graph.addMany('FusedBatchNormGradV3', [dy, x, scale, ...reserved], {
      attributes: batchNormalizationAttributes(attributes),
      outputs: [x, channel, channel],
    });
  },
  ReluGrad: ({ graph, read }) => sameShape(graph, 'ReluGrad', [read('dy'), read('y')]),
  BiasAddGrad: ({ graph, read }) => {
    const dy = read('dy');
    return graph.add('BiasAddGrad', [dy], {
      attributes: { T: float },
      outputs: [{ shape: dy.shape.slice(-1), dtype: 'float32' }],
    });
  },
  Transform: ({ graph, read, attributes }) => {
    const [image, transforms] = [read('image'), read('transforms')];
    const { interpolation, fillMode, fillValue, outputShape } = attributes as unknown as tf.TransformAttrs;
    const [rows, height, width, channels] = image.shape as [number, number, number, number];
    const [outHeight, outWidth] = outputShape ?? [height, width];
    return graph.add(
      'ImageProjectiveTransformV3',
      [
        image,
        transforms,
        shapeConstant(graph, [outHeight, outWidth]),
        addConstant(graph, Float32Array.of(fillValue), []),
      ],
      {
        attributes: {
          dtype: float,
          interpolation: { string: interpolation.toUpperCase() },
          fill_mode: { string: fillMode.toUpperCase() },
        },
        outputs: [{ shape: [rows, outHeight, outWidth, channels], dtype: 'float32' }],
      },
    );
  },
};

/** Changes the element type. */
export function cast(graph: Graph, x: Output, dtype: ElementType): Output {
  if (x.dtype === dtype) return x;
  return graph.add('Cast', [x], {
    attributes: { SrcT: { type: x.dtype }, DstT: { type: dtype }, Truncate: { bool: false } },
    outputs: [{ shape: x.shape, dtype }],
  });
}

export function reshape(graph: Graph, x: Output, shape: readonly number[]): Output {
  return graph.add('Reshape', [x, shapeConstant(graph, shape)], {
    attributes: { T: { type: x.dtype }, Tshape: { type: 'int32' } },
    outputs: [{ shape, dtype: x.dtype }],
  });
}

/** A block of a tensor; the tensor itself where that is all of it. */
export function slice(graph: Graph, x: Output, begin: readonly number[], lengths: readonly number[]): Output {
  if (lengths.every((length, axis) => length === x.shape[axis])) return x;
  return graph.add('Slice', [x, shapeConstant(graph, begin), shapeConstant(graph, lengths)], {
    attributes: { T: { type: x.dtype }, Index: { type: 'int32' } },
    outputs: [{ shape: lengths, dtype: x.dtype }],
  });
}

export function concat(graph: Graph, inputs: readonly Output[], axis: number): Output {
  const { shape: firstShape, dtype } = inputs[0]!;
  const shape = firstShape.map((length, i) =>
    i === axis ? inputs.reduce((sum, input) => sum + input.shape[i]!, 0) : length,
  );
  return graph.add('ConcatV2', [...inputs, shapeConstant(graph, [axis], [])], {
    attributes: { T: { type: dtype }, N: { int: inputs.length }, Tidx: { type: 'int32' } },
    outputs: [{ shape, dtype }],
  });
}

/** A tensor with more around it. @param paddings of each axis: before and behind */
function padded(
  graph: Graph,
  op: 'MirrorPad' | 'PadV2',
  x: Output,
  paddings: readonly [number, number][],
  attributes: Readonly<Record<string, Attribute>>,
  more: readonly Output[] = [],
): Output {
  const around = shapeConstant(graph, paddings.flat(), [paddings.length, 2]);
  const shape = x.shape.map((length, axis) => length + paddings[axis]![0] + paddings[axis]![1]);
  return graph.add(op, [x, around, ...more], {
    attributes: { T: float, Tpaddings: { type: 'int32' }, ...attributes },
    outputs: [{ shape, dtype: x.dtype }],
  });
}

/** An operation whose output has its first input's shape and type. */
export function sameShape(
  graph: Graph,
  op: string,
  inputs: readonly Output[],
  attributes: Readonly<Record<string, Attribute>> = {},
): Output {
  const { shape, dtype } = inputs[0]!;
  return graph.add(op, inputs, {
    attributes: { T: { type: dtype }, ...attributes },
    outputs: [{ shape, dtype }],
  });
}

function unary(...names: string[]): Record<string, TracingKernel> {
  return table(
    names,
    (op) =>
      ({ graph, read }) =>
        sameShape(graph, op, [read('x')]),
  );
}

function binary(...names: string[]): Record<string, TracingKernel> {
  return binaryAs(Object.fromEntries(names.map((name) => [name, name])));
}

function binaryAs(names: Record<string, string>): Record<string, TracingKernel> {
  return Object.fromEntries(
    Object.entries(names).map(([kernel, op]) => [
      kernel,
      ({ graph, read }: KernelCall) => elementwise(graph, op, read('a'), read('b')),
    ]),
  );
}

function comparison(...names: string[]): Record<string, TracingKernel> {
  return table(names, (op) => ({ graph, read }) => {
    const [a, b] = [read('a'), read('b')];
    return graph.add(op, [a, b], {
      attributes: { T: { type: a.dtype } },
      outputs: [{ shape: broadcast(a.shape, b.shape), dtype: 'bool' }],
    });
  });
}

function reduction(...names: string[]): Record<string, TracingKernel> {
  return table(names, (op) => ({ graph, read, attributes }) => {
    const x = read('x');
    const given = attributes['reductionIndices'] ?? attributes['axis'];
    const axes = tf.util.parseAxisParam((given ?? null) as number[], [...x.shape]);
    const keep = attributes['keepDims'] === true;
    const shape = x.shape.flatMap((length, axis) => (!axes.includes(axis) ? [length] : keep ? [1] : []));
    return graph.add(op, [x, shapeConstant(graph, axes)], {
      attributes: { T: { type: x.dtype }, Tidx: { type: 'int32' }, keep_dims: { bool: keep } },
      outputs: [{ shape, dtype: x.dtype }],
    });
  });
}

function table(
  names: readonly string[],
  kernelOf: (op: string) => TracingKernel,
): Record<string, TracingKernel> {
  return Object.fromEntries(names.map((name) => [name, kernelOf(name)]));
}

/** An operation of two inputs that are stretched to one shape. */
export function elementwise(graph: Graph, op: string, a: Output, b: Output): Output {
  return graph.add(op, [a, b], {
    attributes: { T: { type: a.dtype } },
    outputs: [{ shape: broadcast(a.shape, b.shape), dtype: a.dtype }],
  });
}

function broadcast(a: readonly number[], b: readonly number[]): number[] {
  return tf.backend_util.assertAndGetBroadcastShape([...a], [...b]);
}

function matMul(graph: Graph, a: Output, b: Output, transposeA: boolean, transposeB: boolean): Output {
  if (a.shape.length !== 2 || b.shape.length !== 2) return batchMatMul(graph, a, b, transposeA, transposeB);
  return graph.add('MatMul', [a, b], {
    attributes: { T: float, transpose_a: { bool: transposeA }, transpose_b: { bool: transposeB } },
    outputs: [{ shape: [a.shape[transposeA ? 1 : 0]!, b.shape[transposeB ? 0 : 1]!], dtype: 'float32' }],
  });
}

/** Matrices of the last two axes; the axes before are stretched to each other. */
function batchMatMul(graph: Graph, a: Output, b: Output, transposeA: boolean, transposeB: boolean): Output {
  const before = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...before, a.shape.at(transposeA ? -1 : -2)!, b.shape.at(transposeB ? -2 : -1)!];
  return graph.add('BatchMatMulV2', [a, b], {
    attributes: { T: float, adj_x: { bool: transposeA }, adj_y: { bool: transposeB } },
    outputs: [{ shape, dtype: 'float32' }],
  });
}

function batchNormalizationAttributes(attributes: tf.NamedAttrMap): Record<string, Attribute> {
  return {
    T: float,
    U: float,
    epsilon: { float: attributes['epsilon'] as number },
    data_format: { string: 'NHWC' },
    is_training: { bool: true },
  };
}

function responseAttributes(attributes: tf.NamedAttrMap): Record<string, Attribute> {
  const { depthRadius, bias, alpha, beta } = attributes as unknown as tf.LRNAttrs;
  return {
    depth_radius: { int: depthRadius },
    bias: { float: bias },
    alpha: { float: alpha },
    beta: { float: beta },
  };
}

function withBias(graph: Graph, x: Output, bias: Output, activation: string): Output {
  const biased = sameShape(graph, 'BiasAdd', [x, bias], { data_format: { string: 'NHWC' } });
  if (activation === 'linear') return biased;
  if (activation !== 'relu') throw new Error(`The activation ${activation} is not traced`);
  return sameShape(graph, 'Relu', [biased]);
}

function convolution(
  { graph, read, attributes }: KernelCall,
  op: 'Conv2D' | 'DepthwiseConv2dNative' = 'Conv2D',
): Output {
  const [x, filter] = [read('x'), read('filter')];
  const { strides, pad } = attributes as { strides: [number, number]; pad: 'valid' | 'same' };
  const { outShape } = tf.backend_util.computeConv2DInfo(
    x.shape as [number, number, number, number],
    filter.shape as [number, number, number, number],
    strides,
    1,
    pad,
    undefined,
    op === 'DepthwiseConv2dNative',
  );
  return graph.add(op, [x, filter], {
    attributes: convolutionAttributes(attributes),
    outputs: [{ shape: outShape, dtype: 'float32' }],
  });
}

function convolutionAttributes(attributes: tf.NamedAttrMap): Record<string, Attribute> {
  const { strides, pad } = attributes as { strides: number | [number, number]; pad: string };
  const [down, across] = typeof strides === 'number' ? [strides, strides] : strides;
  return {
    T: float,
    strides: { ints: [1, down, across, 1] },
    padding: { string: pad.toUpperCase() },
    data_format: { string: 'NHWC' },
    dilations: { ints: [1, 1, 1, 1] },
  };
}

function pooled({ graph, read, attributes }: KernelCall, op: 'MaxPool' | 'AvgPool'): Output {
  const x = read('x');
  const { filterSize, strides, pad } = poolOf(attributes);
  const shape = x.shape as [number, number, number, number];
  const { outShape } = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad);
  return graph.add(op, [x], {
    attributes: poolAttributes(attributes),
    outputs: [{ shape: outShape, dtype: 'float32' }],
  });
}

function poolOf(attributes: tf.NamedAttrMap): {
  filterSize: [number, number];
  strides: [number, number];
  pad: 'valid' | 'same';
} {
  return attributes as unknown as ReturnType<typeof poolOf>;
}

function poolAttributes(attributes: tf.NamedAttrMap): Record<string, Attribute> {
  const { filterSize, strides, pad } = poolOf(attributes);
  return {
    T: float,
    ksize: { ints: [1, ...filterSize, 1] },
    strides: { ints: [1, ...strides, 1] },
    padding: { string: pad.toUpperCase() },
    data_format: { string: 'NHWC' },
  };
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
