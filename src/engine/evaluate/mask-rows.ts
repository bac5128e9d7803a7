import type { Metric } from '../../contract/run.ts';
import type { Predictions } from '../../contract/run-folder.ts';
import { comparisonOf, type MaskOutcome } from '../../core/mask-comparison.ts';
import { evaluateMasksInSteps, type MaskRow } from '../../core/mask-metrics.ts';
import { patientsWhere, toMetric } from '../../core/metric-intervals.ts';
import { estimatesOf, numberPatients, resampleFigures, type WeightedFigures } from '../../core/resample.ts';

/** Of a segmentation: `dice` and `iou` are means over images, `hausdorff95` the median, in the predictions' unit. */
export type MaskMetrics = Record<'dice' | 'iou' | 'hausdorff95' | 'globalDice' | 'hausdorff95Mean', Metric>;

/** What masks come to on one part. */
export interface MaskFigures {
  /** Means over the classes, and the share of judged pixels whose class was said. */
  readonly metrics: MaskMetrics & { readonly pixelAccuracy: Metric };
  /** By class name. */
  readonly perClass: Record<string, MaskMetrics>;
  /** By class name: how many images stand how. */
  readonly outcomes: Record<string, Record<MaskOutcome, number>>;
  readonly unit: 'mm' | 'px';
}

/**
 * Metrics of a segmentation with 95 % intervals, a percentile bootstrap over patients.
 *
 * @param classes names, without the background
 * @throws ReadroomError `emptySplit` without rows
 */
export function* evaluateMasks(
  predictions: Predictions,
  classes: readonly string[],
  seed: number,
): Generator<number, MaskFigures, undefined> {
  const rows = maskRows(predictions);
  const { metrics, perClass, outcomes } = yield* evaluateMasksInSteps({ rows, classes, seed });
  const ofClasses = Object.entries(perClass).map(([name, values]) => [name, named(values)] as const);
  const pixelAccuracy = yield* pixelAccuracyOf(predictions, seed);
  return {
    metrics: { ...named(metrics), pixelAccuracy },
    perClass: Object.fromEntries(ofClasses),
    outcomes,
    unit: unitOf(predictions),
  };
}

/** What was predicted of the images of a segmentation. @throws Error for predictions of another task */
export function maskRows(predictions: Pick<Predictions, 'rows' | 'unit'>): MaskRow[] {
  return predictions.rows.map(({ patient, regions }) => {
    if (!regions) throw new Error('Predictions without regions are none of a segmentation');
    return {
      patient,
      comparisons: regions.map((region) => comparisonOf(region, region.hausdorff95)),
      unit: unitOf(predictions),
    };
  });
}

const unitOf = ({ unit = 'px' }: Pick<Predictions, 'unit'>): 'mm' | 'px' => unit;

function named({
  dice,
  iou,
  hd95,
  globalDice,
  hd95Mean,
}: Record<'dice' | 'iou' | 'hd95' | 'globalDice' | 'hd95Mean', Metric>): MaskMetrics {
  return { dice, iou, hausdorff95: hd95, globalDice, hausdorff95Mean: hd95Mean };
}

/** The share of judged pixels whose class was said, as `pixelAccuracy`. */
export function pixelFigures({ rows }: Pick<Predictions, 'rows'>): WeightedFigures {
  return {
    names: ['pixelAccuracy'],
    rows: rows.length,
    work: rows.length,
    write: (weights: Float64Array, values: Float64Array) => {
      let [right, judged] = [0, 0];
      rows.forEach(({ pixels }, row) => {
        right += weights[row]! * (pixels?.right ?? 0);
        judged += weights[row]! * (pixels?.judged ?? 0);
      });
      values[0] = right / judged;
    },
  };
}

function* pixelAccuracyOf(predictions: Predictions, seed: number): Generator<number, Metric, undefined> {
  const { rows } = predictions;
  const figures = pixelFigures(predictions);
  const patients = numberPatients(rows);
  const [sample] = yield* resampleFigures(figures, patients, { seed });
  const n = patientsWhere(patients, () => true);
  const facts = {
    kind: 'mean' as const,
    n,
    ofSmallest: false,
    greatest: 1,
    note: 'pixels of all images together',
  };
  return toMetric(facts, estimatesOf(figures)[0]!, sample!, { patients: n, oneRowEach: false });
}
