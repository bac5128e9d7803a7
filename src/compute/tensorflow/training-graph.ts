import { slotNames } from '../../nn/optimizers.ts';
import {
  isAveraged,
  isWatched,
  piecesOf,
  type StepOptions,
  stepWeights,
  trainableOf,
} from '../../nn/step.ts';
import { type Graph, type Output, shapeConstant } from './graph.ts';
import { addGradients, addLogits, type GradientGraph, type LogitsGraph } from './step-graph.ts';
import { elementwise, sameShape } from './tracing-kernels.ts';
import {
  addClipped,
  addHalfSquares,
  addNorm,
  addUpdates,
  type StepUpdateFeeds,
  type WeightVariables,
} from './updates.ts';
import { addDone, addPlaceholder, addRead, addVariable, assign, type Variable } from './variables.ts';

/** The parts of a compiled step, all in one graph. */
export interface TrainingGraph {
  readonly weights: readonly WeightVariables[];
  /** One for each size of a piece. */
  readonly pieces: ReadonlyMap<number, PieceGraph>;
  readonly feeds: StepUpdateFeeds;
  readonly logits: LogitsGraph;
  /** Whether no number of the state is NaN or infinite; bool. */
  readonly finite: Output;
  /** Where batches are computed in several pieces: the update from their sum. */
  readonly summed: { readonly norm: Output; readonly largest: Output; readonly updated: Output } | null;
}

export interface PieceGraph extends GradientGraph {
  readonly norm: Output;
  readonly largest: Output;
  /** The batch is this piece: updates unless the loss is not finite; not finite when a watched weight is not. */
  readonly updated: Output | null;
  /** The batch has several pieces: takes the gradients as the sum, or adds them to it. */
  readonly begun: Output | null;
  readonly added: Output | null;
}

/** Adds weights, slots, the step for every size of a piece, and the prediction that validates. */
export function addTraining(graph: Graph, options: StepOptions): TrainingGraph {
  const { optimizer } = options;
  const weights = stepWeights(options).map((spec) => ({
    spec,
    value: addVariable(graph, spec.shape),
    slots: slotNames(optimizer.id, spec).map(() => addVariable(graph, spec.shape)),
    average: isAveraged(options, spec) ? addVariable(graph, spec.shape) : null,
  }));
  const batches = options.batchSizes.map((rows) => piecesOf(rows, options.microBatchSize));
  const inPieces = batches.some((pieces) => pieces.length > 1);
  const moved = weights.filter(({ spec }) => spec.rate > 0);
  const sums = inPieces ? moved.map(({ spec }) => addVariable(graph, spec.shape)) : null;
  const power = (): Output => addPlaceholder(graph, []);
  const feeds: StepUpdateFeeds = {
    learningRate: addPlaceholder(graph, []),
    averagingRate: addPlaceholder(graph, []),
    powers: new Map(
      [...new Set(moved.map(({ spec }) => spec.since))].map((since) => [
        since,
        { beta1Power: power(), beta2Power: power() },
      ]),
    ),
  };
  const sizes = [...new Set(batches.flat().map(({ rows }) => rows))];
  const pieces = new Map(sizes.map((rows) => [rows, addPiece(graph, options, weights, sums, feeds, rows)]));
  const rows = Math.max(...sizes);
  const kept = weights.map(({ value, average }) => (average ?? value).value);
  return {
    weights,
    pieces,
    feeds,
    logits: addLogits(graph, options, kept, rows),
    finite: addAllFinite(
      graph,
      weights.flatMap(({ value, slots, average }) => [value, ...slots, ...(average ? [average] : [])]),
    ),
    summed: sums && addSummedUpdate(graph, options, moved, sums, feeds),
  };
}

function addPiece(
  graph: Graph,
  options: StepOptions,
  weights: readonly WeightVariables[],
  sums: readonly Variable[] | null,
  feeds: StepUpdateFeeds,
  rows: number,
): PieceGraph {
  const piece = addGradients(
    graph,
    options,
    weights.map(({ value }) => value.value),
    rows,
  );
  const moved = weights.filter(({ spec }) => spec.rate > 0);
  const trained = trainableOf(
    moved.map(({ spec }) => spec),
    piece.gradients,
  );
  const measured = { ...piece, norm: addNorm(graph, trained), largest: addLargest(graph, trained) };
  if (!sums) {
    return {
      ...measured,
      updated: addGuardedUpdate(graph, options, moved, feeds, measured),
      begun: null,
      added: null,
    };
  }
  const keep = (op: 'AssignVariableOp' | 'AssignAddVariableOp'): Output =>
    addDone(
      graph,
      piece.gradients.map((gradient, i) => assign(graph, op, sums[i]!.handle, gradient)),
    );
  return { ...measured, updated: null, begun: keep('AssignVariableOp'), added: keep('AssignAddVariableOp') };
}

/**
 * The update, unless the loss, or with clipping the gradients' length, is not finite: a switch then leaves the
 * learning rate without a value, and TensorFlow skips whatever needs it.
 */
function addGuardedUpdate(
  graph: Graph,
  options: StepOptions,
  weights: readonly WeightVariables[],
  feeds: StepUpdateFeeds,
  { gradients, loss, norm, backwardFrom }: GradientGraph & { readonly norm: Output },
): Output {
  const { clipNorm } = options.optimizer;
  const judged = clipNorm === null ? loss : elementwise(graph, 'AddV2', loss, norm);
  const finite = graph.add('IsFinite', [judged], {
    attributes: { T: { type: 'float32' } },
    outputs: [{ shape: [], dtype: 'bool' }],
  });
  const ifFinite = (value: Output): Output[] =>
    graph.addMany('Switch', [value, finite], {
      attributes: { T: { type: 'float32' } },
      outputs: [value, value],
    });
  const used = clipNorm === null ? gradients : addClipped(graph, weights, gradients, norm, clipNorm);
  const [, learningRate] = ifFinite(feeds.learningRate);
  const moved = used.map((change, i) => (weights[i]!.spec.trainable ? change : ifFinite(change)[1]!));
  const updates = addUpdates(
    graph,
    options.optimizer,
    weights,
    moved,
    { ...feeds, learningRate: learningRate! },
    backwardFrom,
  );
  const [skipped] = ifFinite(loss);
  const done = addWatched(graph, weights, updates);
  return graph.addMany('Merge', [done, skipped!], {
    attributes: { T: { type: 'float32' }, N: { int: 2 } },
    outputs: [
      { shape: [], dtype: 'float32' },
      { shape: [], dtype: 'int32' },
    ],
  })[0]!;
}

/** The update from the sum of the pieces' gradients, which the host asks for once it knows the loss. */
function addSummedUpdate(
  graph: Graph,
  { optimizer }: StepOptions,
  weights: readonly WeightVariables[],
  sums: readonly Variable[],
  feeds: StepUpdateFeeds,
): NonNullable<TrainingGraph['summed']> {
  const gradients = sums.map(({ value }) => value);
  const trained = trainableOf(
    weights.map(({ spec }) => spec),
    gradients,
  );
  const norm = addNorm(graph, trained);
  const used =
    optimizer.clipNorm === null ? gradients : addClipped(graph, weights, gradients, norm, optimizer.clipNorm);
  const updates = addUpdates(graph, optimizer, weights, used, feeds, graph.nodes.length);
  return { norm, largest: addLargest(graph, trained), updated: addWatched(graph, weights, updates) };
}

/**
 * Half the sum of squares of the watched weights once all updates are made: not finite when one of them is not. The
 * fused convolutions' ReLU makes zero of NaN, so that the loss does not tell.
 */
function addWatched(graph: Graph, weights: readonly WeightVariables[], updates: readonly Output[]): Output {
  const halves = weights.flatMap(({ spec, value }, i) =>
    isWatched(spec) ? [addHalfSquares(graph, addRead(graph, value.handle, value.shape, [updates[i]!]))] : [],
  );
  return graph.add('AddN', halves, {
    attributes: { T: { type: 'float32' }, N: { int: halves.length } },
    outputs: [{ shape: [], dtype: 'float32' }],
    after: [...updates],
  });
}

/** The largest magnitude of all gradients. */
function addLargest(graph: Graph, gradients: readonly Output[]): Output {
  return gradients
    .map((gradient) => {
      const magnitude = sameShape(graph, 'Abs', [gradient]);
      return graph.add('Max', [magnitude, shapeConstant(graph, [...gradient.shape.keys()])], {
        attributes: { T: { type: 'float32' }, Tidx: { type: 'int32' }, keep_dims: { bool: false } },
        outputs: [{ shape: [], dtype: 'float32' }],
      });
    })
    .reduce((a, b) => elementwise(graph, 'Maximum', a, b));
}

function addAllFinite(graph: Graph, variables: readonly Variable[]): Output {
  const bool = (shape: readonly number[]) => [{ shape, dtype: 'bool' }] as const;
  return variables
    .map(({ value }) => {
      const each = graph.add('IsFinite', [value], {
        attributes: { T: { type: 'float32' } },
        outputs: bool(value.shape),
      });
      return graph.add('All', [each, shapeConstant(graph, [...value.shape.keys()])], {
        attributes: { Tidx: { type: 'int32' }, keep_dims: { bool: false } },
        outputs: bool([]),
      });
    })
    .reduce((a, b) => graph.add('LogicalAnd', [a, b], { outputs: bool([]) }));
}
