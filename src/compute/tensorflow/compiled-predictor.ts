import { outputSize, sizeOf, weightSpecs } from '../../nn/network.ts';
import {
  copiedTogether,
  type PictureForm,
  type Predictor,
  type PredictorOptions,
  type RowInputs,
  rowsFrom,
  rowsOf,
} from '../../nn/step.ts';
import { weightOf } from '../../nn/weights.ts';
import { createGraph, type Output } from './graph.ts';
import type { OpenSession, Session } from './session.ts';
import { addLogits, type LogitsGraph, packPixels } from './step-graph.ts';
import { addVariable, runWith } from './variables.ts';

/** A predictor as one TensorFlow graph. */
export function createCompiledPredictor(openSession: OpenSession, options: PredictorOptions): Predictor {
  const { network, batchSize } = options;
  const graph = createGraph();
  const weights = weightSpecs(network).map((spec) => ({ spec, variable: addVariable(graph, spec.shape) }));
  const logits = addLogits(
    graph,
    options,
    weights.map(({ variable }) => variable.value),
    batchSize,
  );
  const session = openSession(graph.nodes);
  const sized = weights.map((weight) => ({ ...weight, length: sizeOf(weight.spec.shape) }));
  // Each run of its own would have TensorFlow prepare the graph anew for every weight.
  for (const group of copiedTogether(sized)) {
    const feeds = group.map(
      ({ spec, variable }) => [variable.incoming, weightOf(options.weights, spec)] as const,
    );
    runWith(
      session,
      feeds,
      group.map(({ variable }) => variable.assigned),
      () => undefined,
    );
  }
  return {
    logits: (inputs) => predictInPieces(session, logits, options, inputs),
    dispose: () => session.dispose(),
  };
}

/** Logits of any number of rows, a piece of the graph's size at a time; the last one is filled up with black. */
export function predictInPieces(
  session: Session,
  graph: LogitsGraph,
  form: PictureForm,
  inputs: RowInputs,
): Promise<Float32Array> {
  return Promise.resolve().then(() => {
    const rows = rowsOf(inputs, form);
    const length = outputSize(form.network);
    const logits = new Float32Array(rows * length);
    for (let row = 0; row < rows; row += graph.rows) {
      const used = Math.min(graph.rows, rows - row);
      const { pixels, table } = rowsFrom(inputs, rows, row, used);
      const feeds: [Output, Float32Array | Int32Array][] = [[graph.packed, packPixels(pixels, graph)]];
      if (graph.table) feeds.push([graph.table, filledUp(table!, graph.table)]);
      runWith(session, feeds, [graph.logits], ([values]) =>
        logits.set((values as Float32Array).subarray(0, used * length), row * length),
      );
    }
    return logits;
  });
}

function filledUp(table: Float32Array, { shape }: Output): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  values.set(table);
  return values;
}
