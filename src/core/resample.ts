import { createRandom } from './random.ts';

/** Numbers patients in the order in which they come, from 0. */
export function numberPatients(rows: readonly { readonly patient: string }[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(rows, ({ patient }) => {
    const number = numbers.get(patient) ?? numbers.size;
    numbers.set(patient, number);
    return number;
  });
}

/**
 * Draws resamples of as many patients as there are, with replacement.
 *
 * @param patients each row's patient, numbered from 0 without gaps
 * @returns a function that sets each row's weight to how often its patient was drawn
 */
export function patientResampler(patients: Int32Array, seed: number): (weights: Float64Array) => void {
  const random = createRandom(seed, 'bootstrap');
  const patientCount = patients.reduce((most, number) => Math.max(most, number), -1) + 1;
  const times = new Float64Array(patientCount);
  return (weights) => {
    times.fill(0);
    for (let draw = 0; draw < patientCount; draw++)
      times[Math.floor(random.uint32() * 2 ** -32 * patientCount)]!++;
    for (let row = 0; row < weights.length; row++) weights[row] = times[patients[row]!]!;
  };
}

/**
 * Named figures as a function of how often each row counts, so that an estimate and its resamples run through the same
 * arithmetic. A figure that is not defined is NaN.
 */
export interface WeightedFigures {
  readonly names: readonly string[];
  readonly rows: number;
  /** What one call costs, in rows counted into one class's metrics: some nanoseconds each. */
  readonly work: number;
  /** Writes every figure, in the order of `names`. */
  readonly write: (weights: Float64Array, values: Float64Array) => void;
}

export interface Resampling {
  readonly seed: number;
  /** Resamples of patients, 2,000 unless given. */
  readonly resamples?: number | undefined;
}

const defaultResamples = 2000;
/** Work after which fewer resamples are drawn, about 20 seconds' worth. */
const largestWork = 6e9;
const fewestResamples = 400;
/** Some milliseconds: a row costs about 50 ns where its rank and its calibration are counted too. */
const workBetweenPauses = 5e4;

/** The figures with every row counted once. */
export function estimatesOf({ names, rows, write }: WeightedFigures): Float64Array {
  const values = new Float64Array(names.length);
  write(new Float64Array(rows).fill(1), values);
  return values;
}

/**
 * Each figure's values over resamples of as many patients as there are, drawn with replacement; fewer resamples where
 * they would take too long. In steps of a few milliseconds, yielding the share done.
 *
 * @param patients each row's patient, numbered from 0 without gaps
 */
export function* resampleFigures(
  { names, rows, work, write }: WeightedFigures,
  patients: Int32Array,
  { seed, resamples: wanted = defaultResamples }: Resampling,
): Generator<number, Float64Array[], undefined> {
  const resamples = Math.min(wanted, Math.max(fewestResamples, Math.floor(largestWork / work)));
  const resamplePatients = patientResampler(patients, seed);
  const weights = new Float64Array(rows);
  const values = new Float64Array(names.length);
  const samples = names.map(() => new Float64Array(resamples));
  let sincePause = 0;
  for (let index = 0; index < resamples; index++) {
    resamplePatients(weights);
    write(weights, values);
    for (let figure = 0; figure < samples.length; figure++) samples[figure]![index] = values[figure]!;
    sincePause += work;
    if (sincePause > workBetweenPauses) {
      sincePause = 0;
      yield (index + 1) / resamples;
    }
  }
  return samples;
}
