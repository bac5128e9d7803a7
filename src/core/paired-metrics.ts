import type { Metric } from '../contract/run.ts';
import { patientsWhere, toMetric } from './metric-intervals.ts';
import {
  estimatesOf,
  numberPatients,
  resampleFigures,
  type Resampling,
  type WeightedFigures,
} from './resample.ts';

/** A metric of two models on the same cases. */
export interface PairedMetric {
  readonly first: number | null;
  readonly second: number | null;
  /** Second − first, with its 95 % interval. */
  readonly difference: Metric;
  /** Two-sided, of no difference; null without an interval. */
  readonly p: number | null;
}

export interface PairedInput<Name extends string> extends Resampling {
  /** The cases of both models, in the order of their figures' rows. */
  readonly rows: readonly { readonly patient: string }[];
  readonly first: WeightedFigures;
  readonly second: WeightedFigures;
  /** Figures to compare, by their names. */
  readonly names: readonly Name[];
}

/**
 * Differences of two models' metrics on the same cases: patients are resampled, and each resample gives both models'
 * values, so that what makes a patient easy or hard for both does not widen the interval. Percentile interval; p is
 * twice the share of resamples on the rarer side of 0, one counted more (Davison, Hinkley 1997), so never below
 * 2 / (resamples + 1). Of several metrics none is corrected for the others.
 *
 * @throws RangeError when the figures are of other rows, or lack a name
 */
export function* comparePairedInSteps<Name extends string>(
  input: PairedInput<Name>,
): Generator<number, Record<Name, PairedMetric>, undefined> {
  const { rows, first, second, names } = input;
  if (first.rows !== rows.length || second.rows !== rows.length)
    throw new RangeError(`Figures of ${first.rows} and ${second.rows} rows for ${rows.length} cases`);
  const differences = differencesOf(first, second, names);
  const estimates = estimatesOf(differences);
  const [ofFirst, ofSecond] = [estimatesOf(first), estimatesOf(second)];
  yield 0;

  const patients = numberPatients(rows);
  const samples = yield* resampleFigures(differences, patients, input);

  const n = patientsWhere(patients, () => true);
  const facts = { kind: 'unbounded', n, ofSmallest: false, greatest: Infinity, note: 'paired' } as const;
  const whyUndefined = 'one of the models has no value';
  const compared = names.map((name, place): [Name, PairedMetric] => {
    const sample = samples[place]!;
    const difference = toMetric({ ...facts, whyUndefined }, estimates[place]!, sample, {
      patients: n,
      oneRowEach: n === rows.length,
    });
    const values = {
      first: definedOf(ofFirst[placeOf(first, name)]!),
      second: definedOf(ofSecond[placeOf(second, name)]!),
    };
    return [name, { ...values, difference, p: pOf(difference, sample) }];
  });
  return Object.fromEntries(compared) as Record<Name, PairedMetric>;
}

function differencesOf(
  first: WeightedFigures,
  second: WeightedFigures,
  names: readonly string[],
): WeightedFigures {
  const [places, otherPlaces] = [first, second].map((figures) => names.map((name) => placeOf(figures, name)));
  const values = new Float64Array(first.names.length);
  const others = new Float64Array(second.names.length);
  return {
    names,
    rows: first.rows,
    work: first.work + second.work,
    write: (weights, into) => {
      first.write(weights, values);
      second.write(weights, others);
      for (let index = 0; index < names.length; index++)
        into[index] = others[otherPlaces![index]!]! - values[places![index]!]!;
    },
  };
}

function placeOf({ names }: WeightedFigures, name: string): number {
  const place = names.indexOf(name);
  if (place < 0) throw new RangeError(`There is no figure ${name} among ${names.slice(0, 20).join(', ')}`);
  return place;
}

function pOf({ low }: Metric, sample: Float64Array): number | null {
  if (low === null) return sample.every((one) => one === 0) ? 1 : null;
  const defined = sample.filter((one) => !Number.isNaN(one));
  const below = defined.filter((one) => one <= 0).length;
  const above = defined.filter((one) => one >= 0).length;
  return Math.min(1, (2 * (1 + Math.min(below, above))) / (defined.length + 1));
}

const definedOf = (value: number): number | null => (Number.isNaN(value) ? null : value);
