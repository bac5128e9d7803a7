import type * as tf from '@tensorflow/tfjs-core';

import { streamKey } from '../../core/random.ts';
import { augmentedInput } from '../../nn/augmentation/apply.ts';
import { forward } from '../../nn/forward.ts';
import { lossAndGradients } from '../../nn/gradients.ts';
import { sizeOf, weightSpecs } from '../../nn/network.ts';
import {
  type PictureForm,
  pictureShape,
  type PredictorOptions,
  stepFeeds,
  type StepOptions,
} from '../../nn/step.ts';
import { blocksOfRow, type DrawUniform } from '../../nn/uniform.ts';
import { addConstant, type Graph, type Output, shapeConstant } from './graph.ts';
import { traceInto } from './tracing.ts';
import { cast, concat, elementwise, reshape, slice } from './tracing-kernels.ts';
import { addPlaceholder } from './variables.ts';

/** Pictures as they are fed: uint8 four to an int32, for tfjs knows no smaller numbers. */
export interface PixelFeed {
  readonly packed: Output;
  /** N × size × size × channels, float32 from 0 to 255. */
  readonly pixels: Output;
}

/** The part of a step that computes a piece of `rows` pictures. */
export interface GradientGraph {
  readonly rows: number;
  readonly packed: Output;
  readonly feeds: ReadonlyMap<string, Output>;
  /** Where random numbers come from: the step, and the piece's first row in its batch; int32 each. */
  readonly place: Output;
  readonly loss: Output;
  readonly logits: Output;
  /** Of `movedWeights`, in their order. */
  readonly gradients: readonly Output[];
  /** Where in the graph the backward pass begins: readers of weights from there on delay their updates. */
  readonly backwardFrom: number;
}

export interface LogitsGraph {
  readonly rows: number;
  readonly packed: Output;
  /** Rows of the clinical table; null where the network reads none. */
  readonly table: Output | null;
  readonly logits: Output;
}

/** Traces the portable step for pieces of `rows` pictures. @param weights in the network's declared order */
export function addGradients(
  graph: Graph,
  options: StepOptions,
  weights: readonly Output[],
  rows: number,
): GradientGraph {
  const { packed, pixels } = addPixels(graph, rows, options);
  const { network, rules } = options;
  const example = {
    rows,
    pixels: new Uint8Array(rows * sizeOf(pictureShape(options))),
    truths: new Float32Array(rows * rules.truthSize),
    table: network.tableSize === undefined ? null : new Float32Array(rows * network.tableSize),
  };
  const feeds = new Map(
    [...stepFeeds(options, example, { firstRow: 0, rows }, 0)].map(([name, { shape }]) => [
      name,
      addPlaceholder(graph, shape),
    ]),
  );
  const place = addPlaceholder(graph, [2], 'int32');
  return traceInto(graph, ({ placed, outputOf }) => {
    const traced = lossAndGradients(
      options,
      weights.map(placed),
      placed(pixels) as tf.Tensor4D,
      new Map([...feeds].map(([name, feed]) => [name, placed(feed)])),
      drawInGraph(graph, options.seed, place, placed),
    );
    const [loss, logits] = [outputOf(traced.loss), outputOf(traced.logits)];
    const gradients = traced.gradients.map(outputOf);
    // Logits are kept beyond their scope, for the eager step's caller.
    traced.logits.dispose();
    return { rows, packed, feeds, place, loss, logits, gradients, backwardFrom: loss.place };
  });
}

/** Traces a prediction of `rows` pictures. @param weights in the network's declared order */
export function addLogits(
  graph: Graph,
  options: Pick<PredictorOptions, 'network' | 'pictureChannels' | 'normalization'>,
  weights: readonly Output[],
  rows: number,
): LogitsGraph {
  const { network, normalization } = options;
  const { packed, pixels } = addPixels(graph, rows, options);
  const specs = weightSpecs(network);
  const table = network.tableSize === undefined ? null : addPlaceholder(graph, [rows, network.tableSize]);
  return traceInto(graph, ({ placed, outputOf }) => {
    const pictures = augmentedInput(placed(pixels) as tf.Tensor4D, null, null, null, normalization);
    const input = table ? { ...pictures, table: placed(table) as tf.Tensor2D } : pictures;
    const named = new Map(specs.map(({ name }, i) => [name, placed(weights[i]!)]));
    return { rows, packed, table, logits: outputOf(forward(network, named, input, null)) };
  });
}

/** The bytes of up to `rows` pictures as they are fed; what is missing stays zero. */
export function packPixels(pixels: Uint8Array, { packed }: { readonly packed: Output }): Int32Array {
  const words = packed.shape[0]!;
  // A copy also where nothing is missing: views need not begin at a multiple of four.
  const bytes = new Uint8Array(words * 4);
  bytes.set(pixels);
  return new Int32Array(bytes.buffer);
}

function addPixels(graph: Graph, rows: number, form: PictureForm): PixelFeed {
  const shape = pictureShape(form);
  const count = rows * sizeOf(shape);
  const words = Math.ceil(count / 4);
  const packed = addPlaceholder(graph, [words], 'int32');
  const bytes = graph.add('Bitcast', [packed], {
    attributes: { T: { type: 'int32' }, type: { type: 'uint8' } },
    outputs: [{ shape: [words, 4], dtype: 'uint8' }],
  });
  // Cut in float32: for bytes TensorFlow has no GPU kernel, and they would go through the host.
  const flat = cast(graph, reshape(graph, bytes, [words * 4]), 'float32');
  return { packed, pixels: reshape(graph, slice(graph, flat, [0], [count]), [rows, ...shape]) };
}

/** The same numbers as the host's Philox (`drawOnHost`), drawn on the device. */
function drawInGraph(
  graph: Graph,
  seed: number,
  place: Output,
  placed: (output: Output) => tf.Tensor,
): DrawUniform {
  const [step, firstRow] = [0, 1].map((index) => cast(graph, element(graph, place, index), 'uint64'));
  const word = (value: bigint): Output => addConstant(graph, BigUint64Array.of(value), [1]);
  return (stream, shape) => {
    const [low, high] = streamKey(seed, stream);
    const block = elementwise(graph, 'Mul', firstRow!, word(BigInt(blocksOfRow(shape))));
    const counter = concat(graph, [block, step!], 0);
    const drawn = [shape[0]!, blocksOfRow(shape) * 4];
    const numbers = graph.add(
      'StatelessRandomUniformV2',
      [
        shapeConstant(graph, drawn),
        word((BigInt(high) << 32n) | BigInt(low)),
        counter,
        addConstant(graph, Int32Array.of(philox), []),
      ],
      {
        attributes: { dtype: { type: 'float32' }, Tshape: { type: 'int32' } },
        outputs: [{ shape: drawn, dtype: 'float32' }],
      },
    );
    const used = slice(graph, numbers, [0, 0], [drawn[0]!, sizeOf(shape.slice(1))]);
    return placed(reshape(graph, used, shape));
  };
}

/** TensorFlow's number for this generator. */
const philox = 1;

function element(graph: Graph, vector: Output, index: number): Output {
  return slice(graph, vector, [index], [1]);
}
