import { createRequire } from 'node:module';

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { chooseBackend } from '../../../src/compute/index.ts';
import { createGraph, type Graph } from '../../../src/compute/tensorflow/graph.ts';
import { openSession, type SessionBackend } from '../../../src/compute/tensorflow/session.ts';
import { traceInto } from '../../../src/compute/tensorflow/tracing.ts';
import type { ProtobufMessages } from '../../../src/compute/tensorflow/saved-model.ts';
import { tracingKernels } from '../../../src/compute/tensorflow/tracing-kernels.ts';
import { addPlaceholder } from '../../../src/compute/tensorflow/variables.ts';
import { createRandom } from '../../../src/core/random.ts';
import { loadNative } from '../../support/native-tensorflow.ts';

const messages = createRequire(import.meta.url)(
  '@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js',
) as ProtobufMessages;

/** Traces with one placeholder of this shape. */
function traceOf<T>(graph: Graph, shape: number[], operation: (x: tf.Tensor) => T): T {
  const placeholder = addPlaceholder(graph, shape);
  return traceInto(graph, ({ placed }) => operation(placed(placeholder)));
}

describe('tracing', () => {
  beforeAll(() => chooseBackend('cpu', { threads: 1 }));

  it('writes nodes instead of computing, and sets the backend back', () => {
    const graph = createGraph();
    const name = traceOf(graph, [2, 3], (x) => {
      expect(tf.getBackend()).not.toBe('cpu');
      const sum = tf.add(x, tf.scalar(1));
      expect(sum.shape).toEqual([2, 3]);
      return tf.getBackend();
    });
    expect(tf.getBackend()).toBe('cpu');
    expect(name).not.toBe('cpu');
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Placeholder', 'Const', 'AddV2']);
  });

  it('of an operation that it does not know names the kernel and says where it is to be added', () => {
    expect(() => traceOf(createGraph(), [3], (x) => tf.cumsum(x))).toThrow(/Cumsum.*tracing-kernels\.ts/s);
  });

  it('sets the backend back and frees its tensors when the traced code throws, and can begin anew', () => {
    const before = [tf.memory().numTensors, tf.memory().numDataBuffers];
    const broken = (x: tf.Tensor): never => {
      tf.keep(tf.tensor1d([1])).dispose();
      tf.square(x);
      throw new Error('the traced code is broken');
    };
    expect(() => traceOf(createGraph(), [3], broken)).toThrow('the traced code is broken');
    expect(tf.getBackend()).toBe('cpu');
    expect(() => traceOf(createGraph(), [3], (x) => tf.cumsum(x))).toThrow();
    expect(tf.getBackend()).toBe('cpu');
    expect([tf.memory().numTensors, tf.memory().numDataBuffers]).toEqual(before);
    expect(tf.tidy(() => tf.add(1, 2).dataSync()[0])).toBe(3);
    const graph = createGraph();
    traceOf(graph, [3], (x) => tf.square(x));
    expect(graph.nodes).toHaveLength(2);
  });

  it('refuses what would be wrong in silence: values read, tensors of another backend, a trace within a trace', () => {
    const host = tf.tensor1d([1, 2, 3]);
    expect(() => traceOf(createGraph(), [3], (x) => x.dataSync())).toThrow();
    expect(() => traceOf(createGraph(), [3], (x) => tf.add(x, host))).toThrow('tensor of another backend');
    expect(() => traceOf(createGraph(), [3], () => traceOf(createGraph(), [3], () => null))).toThrow(
      'is being traced already',
    );
    expect(tf.getBackend()).toBe('cpu');
    expect([...host.dataSync()]).toEqual([1, 2, 3]);
    host.dispose();
  });
});

const native = await loadNative();

type Operation = (x: tf.Tensor4D) => tf.Tensor;
const run = (kernel: string, inputs: Record<string, tf.Tensor>, attributes: object): tf.Tensor =>
  tf.engine().runKernel(kernel, inputs, attributes as tf.NamedAttrMap);
/** Some kernels are TensorFlow's alone. */
const isKnown = (name: string): boolean => Boolean(tf.getKernel(name, tf.getBackend()));
const matrix = (x: tf.Tensor): tf.Tensor2D => tf.reshape<tf.Rank.R2>(x, [4, 25 * 2]);
const constant = (values: number[], shape: number[]): tf.Tensor => tf.tensor(values, shape);
const kernel = (): tf.Tensor4D =>
  tf.tensor4d(
    Array.from({ length: 36 }, (_, i) => Math.sin(i)),
    [3, 3, 2, 2],
  );
const pool = { filterSize: [3, 3], strides: [2, 2], pad: 'valid' };
const response = { depthRadius: 1, bias: 2, alpha: 0.5, beta: 0.75 };
const epsilon = 1e-3;
const [scale, offset] = [
  [1.5, -0.5],
  [0.25, 1],
];
const flat = (...parts: tf.Tensor[]): tf.Tensor => tf.concat(parts.map((part) => tf.reshape(part, [-1])));
/** All outputs of batch normalisation on the batch's own statistics. */
const batchNormalized = (x: tf.Tensor): tf.Tensor[] =>
  tf
    .engine()
    .runKernel<tf.Tensor[]>(
      'FusedBatchNormV3',
      { x, scale: constant(scale, [2]), offset: constant(offset, [2]) },
      { epsilon },
    );
/** (x − mean) / √(variance + epsilon), and what it was made with. */
const standard = (x: tf.Tensor) => {
  const mean = tf.mean(x, [0, 1, 2]);
  const variance = tf.mean(tf.squaredDifference(x, mean), [0, 1, 2]);
  const inverse = tf.rsqrt(tf.add(variance, epsilon));
  return { mean, variance, inverse, values: tf.mul(tf.sub(x, mean), inverse) };
};
const window = { strides: [2, 1], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1] };

/** Each kernel of the table on 4 × 5 × 5 × 2 numbers from −2 to 2; what tfjs has no function for is called by name. */
const operations: Record<string, Operation> = {
  Abs: tf.abs,
  Cos: tf.cos,
  Exp: tf.exp,
  Log: (x) => tf.log(tf.abs(x)),
  Neg: tf.neg,
  Relu: tf.relu,
  Rsqrt: (x) => tf.rsqrt(tf.abs(x)),
  Sigmoid: tf.sigmoid,
  Sin: tf.sin,
  Sqrt: (x) => tf.sqrt(tf.abs(x)),
  Square: tf.square,
  Tanh: tf.tanh,
  RealDiv: (x) => tf.div(x, constant([2, 3], [2])),
  Maximum: (x) => tf.maximum(x, constant([0.5, -0.5], [1, 2])),
  Minimum: (x) => tf.minimum(x, 0.25),
  Pow: (x) => tf.pow(tf.abs(x), 1.5),
  SquaredDifference: (x) => tf.squaredDifference(x, 0.5),
  Sub: (x) => tf.sub(1, x),
  Add: (x) => tf.add(x, tf.mean(x, [1, 2], true)),
  Multiply: (x) => tf.mul(x, x),
  Equal: (x) => tf.cast(tf.equal(tf.relu(x), 0), 'float32'),
  Greater: (x) => tf.cast(tf.greater(x, 0.1), 'float32'),
  GreaterEqual: (x) => tf.cast(tf.greaterEqual(tf.relu(x), 0), 'float32'),
  Less: (x) => tf.cast(tf.less(x, constant([0.1, 0.3], [2])), 'float32'),
  LessEqual: (x) => tf.cast(tf.lessEqual(tf.relu(x), 0), 'float32'),
  Max: (x) => tf.max(x, [1, 2]),
  Mean: (x) => tf.mean(x, -1, true),
  Min: (x) => tf.min(x),
  Sum: (x) => tf.sum(x, 0),
  Identity: tf.clone,
  Cast: (x) => tf.cast(tf.cast(x, 'int32'), 'float32'),
  Reshape: (x) => tf.reshape(x, [2, -1, 5]),
  ExpandDims: (x) => tf.expandDims(x, -1),
  Concat: (x) => tf.concat([x, tf.neg(x), x], 2),
  Slice: (x) => tf.slice(x, [1, 0, 2, 0], [2, -1, 3, 1]),
  MirrorPad: (x) =>
    tf.mirrorPad(
      x,
      [
        [0, 0],
        [2, 1],
        [1, 3],
        [0, 0],
      ],
      'reflect',
    ),
  GatherV2: (x) => tf.gather(x, tf.tensor1d([3, 0, 0], 'int32')),
  BatchMatMul: (x) => {
    // The first of one matrix for all pictures; both transposed.
    const [all, each] = [
      tf.reshape(tf.slice(x, [0, 0, 0, 0], [1, 5, 5, 2]), [1, 10, 5]),
      tf.reshape(x, [4, 5, 10]),
    ];
    return flat(tf.matMul(matrix(x), matrix(x), false, true), tf.matMul(all, each, true, true));
  },
  _FusedMatMul: (x) => {
    const of = { a: matrix(x), b: matrix(x), bias: constant([1, 2, 3, 4], [4]) };
    return run('_FusedMatMul', of, { transposeA: false, transposeB: true, activation: 'relu' });
  },
  Conv2D: (x) => tf.conv2d(x, kernel(), [2, 1], 'same'),
  FusedConv2D: (x) =>
    run(
      'FusedConv2D',
      { x, filter: kernel(), bias: constant([1, -1], [2]) },
      { ...window, activation: 'relu' },
    ),
  Conv2DBackpropFilter: (x) => {
    const dy = tf.slice(x, [0, 0, 0, 0], [4, 3, 5, 2]);
    return run('Conv2DBackpropFilter', { x, dy }, { ...window, filterShape: [3, 3, 2, 2] });
  },
  Conv2DBackpropInput: (x) => {
    const dy = tf.slice(x, [0, 0, 0, 0], [4, 3, 5, 2]);
    return run('Conv2DBackpropInput', { dy, filter: kernel() }, { ...window, inputShape: [4, 5, 5, 2] });
  },
  DepthwiseConv2dNative: (x) =>
    tf.depthwiseConv2d(x, tf.slice(kernel(), [0, 0, 0, 0], [3, 3, 2, 1]), 1, 'valid'),
  MaxPool: (x) => tf.maxPool(x, [3, 3], [2, 2], 'same'),
  MaxPoolGrad: (x) => {
    const output = tf.maxPool(x, [3, 3], [2, 2], 'valid');
    return run('MaxPoolGrad', { dy: tf.exp(output), input: x, output }, pool);
  },
  AvgPool: (x) => tf.avgPool(x, [3, 3], [2, 2], 'same'),
  AvgPoolGrad: (x) => {
    const dy = tf.exp(tf.slice(x, [0, 0, 0, 0], [4, 3, 3, 2]));
    return run('AvgPoolGrad', { dy, input: x }, { ...pool, pad: 'same' });
  },
  LRN: (x) => tf.localResponseNormalization(x, ...Object.values(response)),
  LRNGrad: (x) => {
    const y = tf.localResponseNormalization(x, ...Object.values(response));
    return run('LRNGrad', { x, y, dy: tf.exp(x) }, response);
  },
  PadV2: (x) =>
    tf.pad(
      x,
      [
        [0, 0],
        [2, 1],
        [0, 3],
        [0, 0],
      ],
      0.5,
    ),
  FusedBatchNormV3: (x) => {
    if (isKnown('FusedBatchNormV3')) return flat(...batchNormalized(x).slice(0, 3));
    const { mean, variance, values } = standard(x);
    return flat(tf.add(tf.mul(values, scale), offset), mean, tf.mul(variance, 100 / 99));
  },
  FusedBatchNormGradV3: (x) => {
    const dy = tf.exp(x);
    if (isKnown('FusedBatchNormGradV3')) {
      const [reserve1, reserve2, reserve3] = batchNormalized(x).slice(3);
      const inputs = { dy, x, scale: constant(scale, [2]), reserve1, reserve2, reserve3 };
      return flat(
        ...tf
          .engine()
          .runKernel<tf.Tensor[]>('FusedBatchNormGradV3', inputs as tf.NamedTensorMap, { epsilon }),
      );
    }
    const { inverse, values } = standard(x);
    const [dOffset, dScale] = [tf.sum(dy, [0, 1, 2]), tf.sum(tf.mul(dy, values), [0, 1, 2])];
    const common = tf.div(tf.add(dOffset, tf.mul(values, dScale)), 100);
    return flat(tf.mul(tf.mul(inverse, scale), tf.sub(dy, common)), dScale, dOffset);
  },
  ReluGrad: (x) =>
    isKnown('ReluGrad')
      ? run('ReluGrad', { dy: tf.exp(x), y: tf.relu(x) }, {})
      : tf.mul(tf.exp(x), tf.cast(tf.greater(x, 0), 'float32')),
  BiasAddGrad: (x) => (isKnown('BiasAddGrad') ? run('BiasAddGrad', { dy: x }, {}) : tf.sum(x, [0, 1, 2])),
  Transform: (x) =>
    tf.image.transform(
      x,
      tf.tensor2d([1.1, 0.1, -0.5, -0.2, 0.9, 0.4, 0.01, 0], [1, 8]),
      'bilinear',
      'nearest',
    ),
};

describe('a traced kernel computes what tfjs computes', () => {
  beforeEach(async (context) => {
    if (native.missing !== null) context.skip(native.missing);
    await chooseBackend('tensorflow', { threads: 1 });
  });

  it('and every one of the table is looked at', () => {
    expect(Object.keys(operations).sort()).toEqual(Object.keys(tracingKernels).sort());
  });

  it('each in shape and values', () => {
    const random = createRandom(1, 'kernels');
    const shape: [number, number, number, number] = [4, 5, 5, 2];
    const x = tf.tensor4d(
      Float32Array.from({ length: 200 }, () => 4 * random.uniform() - 2),
      shape,
    );
    const graph = createGraph();
    const placeholder = addPlaceholder(graph, shape);
    const outputs = Object.entries(operations).map(([name, operation]) =>
      traceInto(graph, ({ placed, outputOf }) => ({
        name,
        output: outputOf(operation(placed(placeholder) as tf.Tensor4D)),
      })),
    );
    const session = openSession(tf.backend() as unknown as SessionBackend, graph.nodes, messages);
    for (const { name, output } of outputs) {
      const [found] = session.run([[placeholder, x]], [output]);
      const expected = tf.tidy(() => operations[name]!(x));
      expect(found!.shape, name).toEqual(expected.shape);
      expect(output.shape, name).toEqual(expected.shape);
      const values = expected.dataSync();
      found!.dataSync().forEach((value, i) => expect(value, name).toBeCloseTo(values[i]!, 4));
      tf.dispose([found!, expected]);
    }
    session.dispose();
    x.dispose();
  });
});
