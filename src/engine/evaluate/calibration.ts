import type { Calibration, EvaluationLevel } from '../../contract/run.ts';
import { counted } from '../../core/words.ts';

/** Fewer validation rows than this do not fix a temperature. */
export const fewestRowsForTemperature = 30;

const coldest = 0.05;
const hottest = 100;
/** The smallest normal float32: what a probability of 0 may have been before it was rounded. */
const smallestProbability = 2 ** -126;

/**
 * Temperature scaling (Guo et al. 2017) fitted on validation: the T that minimises the mean negative log
 * likelihood of softmax(ln p / T), searched over 0.05–100 by golden section (the loss has one minimum in T).
 * `temperature` is null where validation cannot fix it: too few rows, or a minimum at the end of the range,
 * as when every row is right and any sharpening helps. It is recorded and not applied: `predict`, the
 * examples of a package and every figure use the network's own probabilities.
 *
 * @param level what a row is, for the note
 */
export function fitTemperature(
  rows: readonly { truth: number; probabilities: readonly number[] }[],
  level: EvaluationLevel = 'image',
): Calibration {
  const base = { method: 'temperature', fittedOn: 'val', n: rows.length, applied: false } as const;
  const nothing = (note: string): Calibration => ({
    ...base,
    temperature: null,
    lossBefore: rows.length > 0 ? lossBefore : null,
    lossAfter: null,
    note,
  });
  const logits = rows.map((row) => row.probabilities.map((p) => Math.log(Math.max(p, smallestProbability))));
  const truths = rows.map((row) => row.truth);
  const lossBefore = meanLoss(logits, truths, 1);
  if (rows.length < fewestRowsForTemperature) {
    return nothing(`validation holds ${counted(rows.length, level)}, fewer than ${fewestRowsForTemperature}`);
  }
  const temperature = Math.exp(
    minimise((logT) => meanLoss(logits, truths, Math.exp(logT)), Math.log(coldest), Math.log(hottest)),
  );
  if (temperature < coldest * 1.01) return nothing('every sharpening improves the fit: nothing to calibrate');
  if (temperature > hottest * 0.99) return nothing('the probabilities carry no information on validation');
  const rounded = Number(temperature.toPrecision(6));
  return {
    ...base,
    temperature: rounded,
    lossBefore,
    lossAfter: meanLoss(logits, truths, rounded),
    note: 'recorded, not applied: all probabilities are the network’s own',
  };
}

/** softmax(ln p / temperature): what a reader of `readroom.json` does to use the calibration. */
export function applyTemperature(probabilities: readonly number[], temperature: number): number[] {
  const logits = probabilities.map((p) => Math.log(Math.max(p, smallestProbability)) / temperature);
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function meanLoss(
  logits: readonly (readonly number[])[],
  truths: readonly number[],
  temperature: number,
): number {
  let loss = 0;
  for (let row = 0; row < logits.length; row++) {
    const values = logits[row]!;
    const largest = Math.max(...values);
    let sum = 0;
    for (const value of values) sum += Math.exp((value - largest) / temperature);
    loss += Math.log(sum) - (values[truths[row]!]! - largest) / temperature;
  }
  return loss / logits.length;
}

/** The minimum of a function with one valley, by golden section to 1e-7 of its argument. */
function minimise(f: (x: number) => number, from: number, to: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let low = from;
  let high = to;
  let left = high - ratio * (high - low);
  let right = low + ratio * (high - low);
  let leftValue = f(left);
  let rightValue = f(right);
  while (high - low > 1e-7) {
    if (leftValue <= rightValue) {
      [high, right, rightValue] = [right, left, leftValue];
      left = high - ratio * (high - low);
      leftValue = f(left);
    } else {
      [low, left, leftValue] = [left, right, rightValue];
      right = low + ratio * (high - low);
      rightValue = f(right);
    }
  }
  return (low + high) / 2;
}
