import { outputSize, sizeOf, weightSpecs } from '../../nn/network.ts';
import {
  copiedTogether,
  type PictureForm,
  pictureShape,
  type Predictor,
  type PredictorOptions,
  rowsOf,
} from '../../nn/step.ts';
import { weightOf } from '../../nn/weights.ts';
import { createGraph } from './graph.ts';
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
    logits: (pixels) => predictInPieces(session, logits, options, pixels),
    dispose: () => session.dispose(),
  };
}

/** Logits of any number of pictures, a piece of the graph's size at a time; the last one is filled up with black. */
export function predictInPieces(
  session: Session,
  graph: LogitsGraph,
  form: PictureForm,
  pixels: Uint8Array,
): Promise<Float32Array> {
  return Promise.resolve().then(() => {
    const rows = rowsOf(pixels, form);
    const length = outputSize(form.network);
    const logits = new Float32Array(rows * length);
    const pieceBytes = graph.rows * sizeOf(pictureShape(form));
    for (let row = 0; row < rows; row += graph.rows) {
      const start = (row / graph.rows) * pieceBytes;
      const packed = packPixels(pixels.subarray(start, start + pieceBytes), graph);
      const used = Math.min(graph.rows, rows - row) * length;
      runWith(session, [[graph.packed, packed]], [graph.logits], ([values]) =>
        logits.set((values as Float32Array).subarray(0, used), row * length),
      );
    }
    return logits;
  });
}
