import { notJudged } from '../../contract/learning-task.ts';
import type { MaskPredictions, MaskPredictionsRequest } from '../../contract/workers.ts';
import type { InputTiles } from '../../contract/tiles.ts';
import { compareMasks, type MaskPair } from '../../core/mask-comparison.ts';
import { likeliestClasses } from '../../core/predicted-mask.ts';
import { tileNumbers } from '../../core/tiles.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { activated } from '../../nn/loss.ts';
import { classHead } from '../../nn/network.ts';
import type { Predictor } from '../../nn/step.ts';
import type { OpenInputs } from './inputs.ts';
import { stitchedAnswers } from './stitched.ts';

/** Pictures or tiles that are predicted at once: networks that answer for every pixel hold many values of each. */
export const masksAtOnce = 8;

type JudgedRow = MaskPredictionsRequest['rows'][number];

/** Pictures of a segmentation, and what is true of them. */
export interface JudgedInputs {
  readonly inputs: Pick<OpenInputs, 'read'>;
  /** Edge of a picture, pixels. */
  readonly size: number;
  /** What the network sees of it; null: the whole. */
  readonly tiles: InputTiles | null;
  /** Without the background. */
  readonly classes: number;
  readonly rows: readonly JudgedRow[];
  /** Masks of these slots, one after another. */
  readonly truths: (slots: readonly number[]) => Promise<Uint8Array>;
}

/**
 * Writes the class of every pixel that a network says of pictures to a file, as masks have it, and compares it with what
 * is true. Distances are in millimetres where every row has its spacing.
 */
export async function predictMasks(
  predictor: Predictor,
  judged: JudgedInputs,
  file: string,
): Promise<MaskPredictions> {
  const { rows, size } = judged;
  const isMeasured = rows.length > 0 && rows.every(({ spacing }) => spacing !== undefined);
  const results: MaskPredictions['rows'] = [];
  async function* masks(): AsyncGenerator<Uint8Array> {
    for await (const predicted of masksOf(predictor, judged)) {
      const { mask, spacing } = rows[results.length]!;
      const pair = { width: size, height: size, truth: await judged.truths([mask]), predicted };
      results.push(resultOf({ ...pair, spacing: (isMeasured && spacing) || null }, judged.classes));
      yield predicted;
    }
  }
  await writeFileWhole(file, masks());
  return { rows: results, unit: isMeasured ? 'mm' : 'px' };
}

/** Mask after mask. */
async function* masksOf(
  predictor: Predictor,
  { inputs, size, tiles, classes, rows }: JudgedInputs,
): AsyncGenerator<Uint8Array> {
  const outputs = classes + 1;
  const numbers = tileNumbers(
    rows.map(({ slot }) => slot),
    tiles,
  );
  async function* answers(): AsyncGenerator<Float32Array> {
    for (let start = 0; start < numbers.length; start += masksAtOnce) {
      const pixels = await inputs.read(numbers.slice(start, start + masksAtOnce));
      const logits = await predictor.logits({ pixels, table: null });
      // Of one answer alone the greatest logit is the greatest probability.
      yield tiles === null ? logits : activated(classHead(outputs), logits);
    }
  }
  let mask = new Uint8Array(size * size);
  let filled = 0;
  for await (const lines of stitchedAnswers(answers(), tiles, outputs)) {
    const said = likeliestClasses(lines, outputs);
    for (let from = 0; from < said.length;) {
      const some = said.subarray(from, from + mask.length - filled);
      mask.set(some, filled);
      filled += some.length;
      from += some.length;
      if (filled < mask.length) continue;
      yield mask;
      mask = new Uint8Array(size * size);
      filled = 0;
    }
  }
}

function resultOf(pair: MaskPair, classes: number): MaskPredictions['rows'][number] {
  let [judged, right] = [0, 0];
  pair.truth.forEach((label, at) => {
    if (label === notJudged) return;
    judged += 1;
    if (pair.predicted[at] === label) right += 1;
  });
  const regions = compareMasks(pair, classes).map(
    ({ truePositives, falsePositives, falseNegatives, hd95 }) => ({
      ...{ truePositives, falsePositives, falseNegatives },
      hausdorff95: hd95,
    }),
  );
  return { regions, pixels: { judged, right } };
}
