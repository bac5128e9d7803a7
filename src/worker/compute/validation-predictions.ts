import path from 'node:path';

import { classOf } from '../../contract/learning-task.ts';
import { type ManifestRow, type Predictions, runFormatVersion } from '../../contract/run-folder.ts';
import { tileCount } from '../../core/tiles.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { readRunMemory } from '../../files/run-memory.ts';
import { activated } from '../../nn/loss.ts';
import type { Network } from '../../nn/network.ts';
import type { Predictor, PredictorOptions } from '../../nn/step.ts';
import type { TaskRules } from '../../nn/tasks/rules.ts';
import type { Weights } from '../../nn/weights.ts';
import { featuresOf, type OpenInputs } from './inputs.ts';
import { masksAtOnce, predictMasks } from './mask-predictions.ts';
import type { ModelFacts } from './model-folder.ts';
import type { RunFiles } from './run-files.ts';
import type { RunTask } from './run-task.ts';

/** Pictures that are predicted at once. */
export const predictionBatchSize = 64;

/** Pictures in the input cache, each with its features of the clinical table where the network reads it. */
export interface PredictedInputs {
  readonly inputs: Pick<OpenInputs, 'read'>;
  /** Or numbers of tiles, where a network sees these. */
  readonly slots: readonly number[];
  /** Row after row. */
  readonly table: Float32Array | null;
}

/**
 * What a network says of pictures, a batch at a time.
 *
 * @yields what the task's rules make of each, float32, in the order of `slots`
 */
export async function* predictSlots(
  predictor: Predictor,
  { head, answers }: Pick<TaskRules, 'head' | 'answers'>,
  { inputs, slots, table }: PredictedInputs,
  atOnce = predictionBatchSize,
): AsyncGenerator<Float32Array> {
  const features = (table?.length ?? 0) / slots.length;
  for (let start = 0; start < slots.length; start += atOnce) {
    const some = slots.slice(start, start + atOnce);
    const pixels = await inputs.read(some);
    const beside = table && table.subarray(start * features, (start + some.length) * features);
    yield answers(activated(head, await predictor.logits({ pixels, table: beside })));
  }
}

/** A run whose model stands, and what it read. */
interface TrainedRun {
  runFolder: string;
  files: RunFiles;
  facts: ModelFacts;
  network: Network;
  weights: Weights;
  checksum: string;
  inputs: OpenInputs;
  learning: RunTask;
  createPredictor: (options: PredictorOptions) => Predictor;
}

/**
 * Writes `predictions/val.json`, and of a segmentation `val.u8`. The test part is predicted only when it is evaluated.
 */
export async function writeValidationPredictions(of: TrainedRun): Promise<void> {
  const { files, network, weights, learning } = of;
  const rows = files.manifest.rows.val;
  const { normalization } = of.facts;
  // What the training had no memory for, this has none for.
  const atOnce = (await readRunMemory(of.runFolder))?.microBatchSize ?? predictionBatchSize;
  const { task } = learning;
  const most = task.kind === 'segmentation' ? masksAtOnce : predictionBatchSize;
  const batchSize = Math.min(most, atOnce, rows.length * tileCount(learning.tiles));
  const predictor = of.createPredictor({
    ...{ network, weights, normalization, batchSize },
    pictureChannels: files.manifest.inputs.geometry.channels,
  });
  let said: Pick<Predictions, 'rows' | 'unit'>;
  try {
    said =
      task.kind === 'segmentation'
        ? await judgedMasks(predictor, { ...of, classes: task.classes.length })
        : { rows: await answeredRows(predictor, of) };
  } finally {
    predictor.dispose();
  }
  const predictions: Predictions = {
    formatVersion: runFormatVersion,
    run: files.manifest.run,
    split: 'val',
    weightsSha256: of.checksum,
    ...said,
  };
  await writeFileWhole(path.join(of.runFolder, 'predictions', 'val.json'), JSON.stringify(predictions));
}

async function answeredRows(
  predictor: Predictor,
  { files, inputs, learning }: TrainedRun,
): Promise<Predictions['rows']> {
  const rows = files.manifest.rows.val;
  const { answerSize } = learning.rules;
  const wanted = { inputs, slots: rows.map(({ slot }) => slot), table: featuresOf(rows) };
  const answered: Predictions['rows'] = [];
  for await (const batch of predictSlots(predictor, learning.rules, wanted)) {
    for (let start = 0; start < batch.length; start += answerSize)
      answered.push(predictionRow(rows[answered.length]!, batch.subarray(start, start + answerSize)));
  }
  return answered;
}

async function judgedMasks(
  predictor: Predictor,
  { runFolder, files, inputs, learning, classes }: TrainedRun & { classes: number },
): Promise<Pick<Predictions, 'rows' | 'unit'>> {
  const rows = files.manifest.rows.val;
  const { size } = files.manifest.inputs.geometry;
  const judged = {
    ...{ inputs, size, classes, tiles: learning.tiles },
    rows: rows.map(({ slot, label, spacing }) => ({ slot, mask: classOf(label), spacing })),
    truths: learning.masks!.readWhole,
  };
  const file = path.join(runFolder, 'predictions', 'val.u8');
  const said = await predictMasks(predictor, judged, file);
  const none = new Float32Array(0);
  return {
    rows: said.rows.map((one, at) => ({ ...predictionRow(rows[at]!, none), ...one })),
    unit: said.unit,
  };
}

function predictionRow(
  { image, patient, study = null, label }: ManifestRow,
  probabilities: Float32Array,
): Predictions['rows'][number] {
  return { image, patient, study, truth: label, probabilities: [...probabilities] };
}
