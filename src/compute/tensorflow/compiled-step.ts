import { sizeOf } from '../../nn/network.ts';
import { updateScalars } from '../../nn/optimizers.ts';
import {
  averagingDecay,
  type Piece,
  pieceOf,
  piecesOf,
  type PixelBatch,
  stepFeeds,
  type StepOptions,
  type StepResult,
  type TrainingStep,
} from '../../nn/step.ts';
import { predictInPieces } from './compiled-predictor.ts';
import { createGraph, type Output } from './graph.ts';
import type { OpenSession } from './session.ts';
import { readVariables, stateVariables, writeVariables } from './state-variables.ts';
import { packPixels } from './step-graph.ts';
import { addTraining } from './training-graph.ts';
import { runWith } from './variables.ts';

/**
 * The whole step as one TensorFlow graph: forward, backward and fused updates in one call, with weights and slots
 * as the session's variables. It computes what eager-step.ts computes, from the same code.
 */
export function createCompiledStep(openSession: OpenSession, options: StepOptions): TrainingStep {
  const graph = createGraph();
  const step = addTraining(graph, options);
  const session = openSession(graph.nodes);
  const variables = stateVariables(step.weights, options.optimizer.id);
  const { rules } = options;

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
    const fed = (output: Output, value: number): [Output, Float32Array] => [output, Float32Array.of(value)];
    const { feeds } = step;
    const powers = [...feeds.powers].flatMap(([since, { beta1Power, beta2Power }]) => {
      const scalars = updateScalars(options.optimizer, at - since, learningRate);
      return [fed(beta1Power, scalars.beta1Power), fed(beta2Power, scalars.beta2Power)];
    });
    const averagingRate = 1 - averagingDecay(options.weightAveraging, at);
    return [fed(feeds.learningRate, learningRate), fed(feeds.averagingRate, averagingRate), ...powers];
  };

  const fetchOne = (
    output: Output,
    feeds: readonly (readonly [Output, Float32Array | Int32Array])[] = [],
  ): number => runWith(session, feeds, [output], ([value]) => value![0]!);

  const run = (batch: PixelBatch, at: number, learningRate: number, measure: boolean): StepResult => {
    const { clipNorm } = options.optimizer;
    const measured = measure || clipNorm !== null;
    let [loss, correct] = [0, 0];
    let gradientNorm: number | null = null;
    // Of the watched weights after the update.
    let halfSquares = 0;
    let maxGradient: number | null = null;
    for (const [index, piece] of piecesOf(batch.rows, options.microBatchSize).entries()) {
      const { part, feeds } = feedsOf(batch, piece, at);
      const change = part.updated ?? (index === 0 ? part.begun : part.added)!;
      const told = rules.countsCorrect ? [part.logits] : [];
      const norms = measured && part.updated ? [part.norm] : [];
      const fetches = [part.loss, change, ...norms, ...told];
      const all = part.updated ? [...feeds, ...updateFeeds(at, learningRate)] : feeds;
      runWith(session, all, fetches, ([lossValue, changed, ...rest]) => {
        loss += lossValue![0]!;
        if (part.updated) halfSquares = changed![0]!;
        if (norms.length > 0) gradientNorm = rest[0]![0]!;
        if (told.length > 0)
          correct += rules.correct(rest.at(-1) as Float32Array, pieceOf(batch, piece).truths);
      });
      const finite = Number.isFinite(loss) && (clipNorm === null || Number.isFinite(gradientNorm));
      // Nothing was updated, so the same numbers can be computed again for the diagnosis.
      if (part.updated && !finite) maxGradient = fetchOne(part.largest, feeds);
    }
    if (step.summed) {
      const { norm, largest, updated } = step.summed;
      if (measured) gradientNorm = fetchOne(norm);
      if (Number.isFinite(loss) && (clipNorm === null || Number.isFinite(gradientNorm)))
        halfSquares = fetchOne(updated, updateFeeds(at, learningRate));
      else maxGradient = fetchOne(largest);
    }
    return { loss, correct, weightsFinite: Number.isFinite(halfSquares), gradientNorm, maxGradient };
  };

  return {
    run: (batch, at, learningRate, measure = false) =>
      Promise.resolve().then(() => run(batch, at, learningRate, measure)),
    logits: (inputs) => predictInPieces(session, step.logits, options, inputs),
    stateTensors: variables.map(({ key, variable }) => ({ key, length: sizeOf(variable.shape) })),
    isFinite: () =>
      Promise.resolve().then(() => runWith(session, [], [step.finite], ([all]) => all![0] === 1)),
    readState: (keys) =>
      Promise.resolve().then(() =>
        readVariables(
          session,
          variables.filter(({ key }) => !keys || keys.includes(key)),
        ),
      ),
    writeState: (state) => writeVariables(session, variables, state),
    dispose: () => session.dispose(),
  };
}
