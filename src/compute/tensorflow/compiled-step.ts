import { weightSpecs } from '../../nn/network.ts';
import { slotNames, updateScalars } from '../../nn/optimizers.ts';
import {
  averageOf,
  averagingDecay,
  countCorrect,
  type Piece,
  pieceOf,
  piecesOf,
  type PixelBatch,
  stepFeeds,
  type StepOptions,
  type StepResult,
  type TrainingState,
  type TrainingStep,
} from '../../nn/step.ts';
import { weightOf } from '../../nn/weights.ts';
import { predictInPieces } from './compiled-predictor.ts';
import { createGraph, type Graph, type Output, shapeConstant } from './graph.ts';
import type { OpenSession } from './session.ts';
import { addGradients, addLogits, type GradientGraph, type LogitsGraph, packPixels } from './step-graph.ts';
import { elementwise, sameShape } from './tracing-kernels.ts';
import { addClipped, addNorm, addUpdates, type UpdateFeeds, type WeightVariables } from './updates.ts';
import { addDone, addPlaceholder, addVariable, assign, runWith, type Variable } from './variables.ts';

/** The parts of a compiled step, all in one graph. */
interface StepGraph {
  readonly weights: readonly WeightVariables[];
  /** One for each size of a piece. */
  readonly pieces: ReadonlyMap<number, PieceGraph>;
  readonly feeds: UpdateFeeds;
  readonly logits: LogitsGraph;
  /** Where batches are computed in several pieces: the update from their sum. */
  readonly summed: { readonly norm: Output; readonly updated: Output } | null;
}

interface PieceGraph extends GradientGraph {
  readonly norm: Output;
  readonly largest: Output;
  /** The batch is this piece: updates unless the loss is not finite. */
  readonly updated: Output | null;
  /** The batch has several pieces: takes the gradients as the sum, or adds them to it. */
  readonly begun: Output | null;
  readonly added: Output | null;
}

/**
 * The whole step as one TensorFlow graph: forward, backward and fused updates in one call, with weights and slots
 * as the session's variables. It computes what eager-step.ts computes, from the same code.
 */
export function createCompiledStep(openSession: OpenSession, options: StepOptions): TrainingStep {
  const graph = createGraph();
  const step = addStep(graph, options);
  const session = openSession(graph.nodes);
  const { network } = options;

  const feedsOf = (batch: PixelBatch, piece: Piece, at: number) => {
    const part = step.pieces.get(piece.rows);
    if (!part) throw new Error(`The step was not compiled for ${piece.rows} rows`);
    const drawn = stepFeeds(options, batch, piece, at);
    const feeds: [Output, Float32Array | Int32Array][] = [
      [part.packed, packPixels(pieceOf(batch, piece).pixels, part)],
      [part.place, Int32Array.of(at, piece.firstRow)],
    ];
    for (const [name, output] of part.feeds) feeds.push([output, drawn.get(name)!.values]);
    return { part, feeds };
  };

  const updateFeeds = (at: number, learningRate: number): [Output, Float32Array][] => {
    const scalars = updateScalars(options.optimizer, at, learningRate);
    const averagingRate = 1 - averagingDecay(options.weightAveraging, at);
    const values = { ...scalars, averagingRate };
    return Object.entries(step.feeds).map(([name, output]) => [
      output as Output,
      Float32Array.of(values[name as keyof UpdateFeeds]),
    ]);
  };

  const run = (batch: PixelBatch, at: number, learningRate: number, measure: boolean): StepResult => {
    const measured = measure || options.optimizer.clipNorm !== null;
    let [loss, correct] = [0, 0];
    let gradientNorm: number | null = null;
    let largest = 0;
    for (const [index, piece] of piecesOf(batch.labels.length, options.microBatchSize).entries()) {
      const { part, feeds } = feedsOf(batch, piece, at);
      const change = part.updated ?? (index === 0 ? part.begun : part.added)!;
      const fetches = [part.loss, part.logits, change, ...(measured && part.updated ? [part.norm] : [])];
      const all = part.updated ? [...feeds, ...updateFeeds(at, learningRate)] : feeds;
      runWith(session, all, fetches, ([lossValue, logits, , norm]) => {
        loss += lossValue![0]!;
        correct += countCorrect(logits as Float32Array, pieceOf(batch, piece).labels, network.classes);
        gradientNorm = norm?.[0] ?? gradientNorm;
      });
      // Nothing was updated, so the same numbers can be computed again for the diagnosis.
      if (!Number.isFinite(loss))
        largest = runWith(session, feeds, [part.largest], ([value]) => Math.max(largest, value![0]!));
    }
    const finite = Number.isFinite(loss);
    if (step.summed && finite) {
      const fetches = [step.summed.updated, ...(measured ? [step.summed.norm] : [])];
      gradientNorm = runWith(
        session,
        updateFeeds(at, learningRate),
        fetches,
        ([, norm]) => norm?.[0] ?? null,
      );
    }
    return { loss, correct, gradientNorm, maxGradient: finite ? null : largest };
  };

  return {
    run: (batch, at, learningRate, measure = false) =>
      Promise.resolve().then(() => run(batch, at, learningRate, measure)),
    logits: (pixels) => predictInPieces(session, step.logits, network, pixels),
    readState: () => Promise.resolve().then(() => readState(step.weights)),
    writeState: (state) => {
      for (const weight of step.weights) writeWeight(weight, state);
    },
    dispose: () => session.dispose(),
  };

  function readState(weights: readonly WeightVariables[]): Map<string, Float32Array> {
    const state = new Map<string, Float32Array>();
    for (const weight of weights) {
      for (const [key, variable] of variablesOf(weight)) {
        state.set(
          key,
          runWith(session, [], [variable.value], ([values]) => values as Float32Array),
        );
      }
    }
    return state;
  }

  function writeWeight(weight: WeightVariables, state: TrainingState): void {
    const value = weightOf(state, weight.spec);
    for (const [key, variable] of variablesOf(weight)) {
      const stored = key === averageOf(weight.spec.name) ? (state.get(key) ?? value) : state.get(key);
      if (stored) runWith(session, [[variable.incoming, stored]], [variable.assigned], () => undefined);
      else runWith(session, [[variable.filling, Float32Array.of(0)]], [variable.filled], () => undefined);
    }
  }

  function variablesOf({ spec, value, slots, average }: WeightVariables): [string, Variable][] {
    const names = slotNames[options.optimizer.id];
    return [
      [spec.name, value],
      ...slots.map((slot, i): [string, Variable] => [`${spec.name}#${names[i]!}`, slot]),
      ...(average ? [[averageOf(spec.name), average] as [string, Variable]] : []),
    ];
  }
}

function addStep(graph: Graph, options: StepOptions): StepGraph {
  const { network, optimizer, weightAveraging } = options;
  const weights = weightSpecs(network).map((spec) => ({
    spec,
    value: addVariable(graph, spec.shape),
    slots: slotNames[optimizer.id].map(() => addVariable(graph, spec.shape)),
    average: weightAveraging > 0 ? addVariable(graph, spec.shape) : null,
  }));
  const batches = options.batchSizes.map((rows) => piecesOf(rows, options.microBatchSize));
  const inPieces = batches.some((pieces) => pieces.length > 1);
  const sums = inPieces ? weights.map(({ spec }) => addVariable(graph, spec.shape)) : null;
  const feeds: UpdateFeeds = {
    learningRate: addPlaceholder(graph, []),
    beta1Power: addPlaceholder(graph, []),
    beta2Power: addPlaceholder(graph, []),
    averagingRate: addPlaceholder(graph, []),
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
    summed: sums && addSummedUpdate(graph, options, weights, sums, feeds),
  };
}

function addPiece(
  graph: Graph,
  options: StepOptions,
  weights: readonly WeightVariables[],
  sums: readonly Variable[] | null,
  feeds: UpdateFeeds,
  rows: number,
): PieceGraph {
  const piece = addGradients(
    graph,
    options,
    weights.map(({ value }) => value.value),
    rows,
  );
  const measured = {
    ...piece,
    norm: addNorm(graph, piece.gradients),
    largest: addLargest(graph, piece.gradients),
  };
  if (!sums) {
    return {
      ...measured,
      updated: addGuardedUpdate(graph, options, weights, feeds, measured),
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
 * The update, unless the loss is not finite: a switch then leaves its gradients without a value, and TensorFlow
 * skips whatever needs them.
 */
function addGuardedUpdate(
  graph: Graph,
  options: StepOptions,
  weights: readonly WeightVariables[],
  feeds: UpdateFeeds,
  { gradients, loss, norm, backwardFrom }: GradientGraph & { readonly norm: Output },
): Output {
  const finite = graph.add('IsFinite', [loss], {
    attributes: { T: { type: 'float32' } },
    outputs: [{ shape: [], dtype: 'bool' }],
  });
  const ifFinite = (value: Output): Output[] =>
    graph.addMany('Switch', [value, finite], {
      attributes: { T: { type: 'float32' } },
      outputs: [value, value],
    });
  const { clipNorm } = options.optimizer;
  const used = clipNorm === null ? gradients : addClipped(graph, gradients, norm, clipNorm);
  const [, learningRate] = ifFinite(feeds.learningRate);
  const [, averagingRate] = ifFinite(feeds.averagingRate);
  const updates = addUpdates(
    graph,
    options.optimizer,
    weights,
    used.map((gradient) => ifFinite(gradient)[1]!),
    { ...feeds, learningRate: learningRate!, averagingRate: averagingRate! },
    backwardFrom,
  );
  const [skipped] = ifFinite(loss);
  const done = addDone(graph, updates);
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
  feeds: UpdateFeeds,
): { norm: Output; updated: Output } {
  const gradients = sums.map(({ value }) => value);
  const norm = addNorm(graph, gradients);
  const used =
    optimizer.clipNorm === null ? gradients : addClipped(graph, gradients, norm, optimizer.clipNorm);
  return {
    norm,
    updated: addDone(graph, addUpdates(graph, optimizer, weights, used, feeds, graph.nodes.length)),
  };
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
