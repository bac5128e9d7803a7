import type { ComparedRun, MetricDifference } from '../../contract/comparison.ts';
import { isTooFew } from '../../contract/evaluation.ts';
import { holmAdjusted } from '../../core/statistics.ts';
import { comparePairedInSteps, type PairedMetric } from '../../core/paired-metrics.ts';
import { comparedFigures } from './compared-figures.ts';
import { caseOf, type ComparedSide } from './comparable.ts';
import { evaluationSeed } from './evaluate.ts';

/** Differences by the metrics' names; null of the reference. */
export type Differences = ComparedRun['differences'];

/**
 * What runs differ by from one of them, in their order: of every metric its difference on the same patients with the
 * interval of a paired bootstrap, p, and p corrected by Holm for the number of compared runs. Where too few patients stand
 * behind the metric of either run, the difference says so and is not tested. Yields the share done.
 *
 * @param sides comparable ones, see `refuseIncomparable`
 */
export function* compareInSteps(
  sides: readonly ComparedSide[],
  reference: ComparedSide,
  names: readonly string[],
): Generator<number, Differences[], undefined> {
  const first = comparedFigures(reference.task, reference.rows, reference.evaluation);
  yield 0;
  const others = sides.filter((side) => side !== reference);
  const paired = new Map<ComparedSide, Record<string, PairedMetric>>();
  for (const side of others) {
    const second = comparedFigures(side.task, inOrderOf(reference, side), side.evaluation);
    yield paired.size / others.length;
    const input = { rows: reference.rows, first, second, names, seed: evaluationSeed };
    const steps = comparePairedInSteps(input);
    for (;;) {
      const step = steps.next();
      if (step.done) {
        paired.set(side, withTooFew(step.value, [reference, side]));
        break;
      }
      yield (paired.size + step.value) / others.length;
    }
  }
  const corrected = new Map(
    names.map((name) => [name, holmAdjusted(others.map((side) => paired.get(side)![name]!.p))]),
  );
  return sides.map((side) => {
    const place = others.indexOf(side);
    if (place < 0) return null;
    const differences = names.map((name): [string, MetricDifference] => {
      const { difference, p } = paired.get(side)![name]!;
      return [name, { ...difference, p, pHolm: corrected.get(name)![place]! }];
    });
    return Object.fromEntries(differences);
  });
}

/** Fewer than ten patients of a class may stand behind a metric of many patients. */
function withTooFew(
  paired: Record<string, PairedMetric>,
  sides: readonly ComparedSide[],
): Record<string, PairedMetric> {
  const marked = Object.entries(paired).map(([name, one]): [string, PairedMetric] => {
    const few = [one.difference, ...sides.map(({ evaluation }) => evaluation.metrics[name]!)].find(isTooFew);
    if (few === undefined) return [name, one];
    const { method } = one.difference;
    const marks = isTooFew(one.difference) ? method : `${few.method.split(';')[0]!}; ${method}`;
    return [name, { ...one, difference: { ...one.difference, method: marks }, p: null }];
  });
  return Object.fromEntries(marked);
}

/** A run's rows in the order of another one's. */
function inOrderOf({ rows, evaluation: { level } }: ComparedSide, other: ComparedSide): ComparedSide['rows'] {
  const byCase = new Map(other.rows.map((row) => [caseOf(row, level), row]));
  return rows.map((row) => byCase.get(caseOf(row, level))!);
}
