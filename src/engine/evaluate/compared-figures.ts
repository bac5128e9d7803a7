import type { Evaluation } from '../../contract/evaluation.ts';
import type { LearningTask } from '../../contract/learning-task.ts';
import { gradeFigures } from '../../core/grade-metrics.ts';
import { labelSetFigures } from '../../core/label-set-metrics.ts';
import { maskFigures } from '../../core/mask-metrics.ts';
import { classFigures } from '../../core/metrics.ts';
import { numberFigures } from '../../core/number-metrics.ts';
import type { WeightedFigures } from '../../core/resample.ts';
import { thresholdsOf } from './cases.ts';
import { classRows, labelRows, valueRows } from './class-rows.ts';
import type { JudgedRow } from './levels.ts';
import { maskRows, pixelFigures } from './mask-rows.ts';

/** By their sign neither better nor worse. */
const notCompared = new Set(['bias', 'lowerLimit', 'upperLimit']);
const masksAs: Readonly<Record<string, string>> = { hd95: 'hausdorff95', hd95Mean: 'hausdorff95Mean' };

/**
 * The figures of an evaluation as functions of how often its rows count, by the names that it gives them: with every row
 * counted once they are its values. Decisions are those of the evaluation.
 *
 * @param rows as the evaluation judged them, in any order
 */
export function comparedFigures(
  task: LearningTask,
  rows: readonly JudgedRow[],
  evaluation: Evaluation,
): WeightedFigures {
  switch (task.kind) {
    case 'multiClass':
    case 'binary': {
      const { classes, positive, operatingPoint } = evaluation;
      return classFigures({
        rows: classRows(rows),
        classes,
        positive: positive === null ? null : classes.indexOf(positive),
        threshold: operatingPoint?.threshold ?? null,
      });
    }
    case 'ordinal': {
      const graded = { rows: classRows(rows), classes: task.classes };
      return joined(classFigures({ ...graded, positive: null, threshold: null }), gradeFigures(graded));
    }
    case 'multiLabel':
      return labelSetFigures({
        rows: labelRows(rows),
        classes: task.classes,
        thresholds: thresholdsOf(evaluation),
      });
    case 'regression':
      return numberFigures(valueRows(rows), evaluation.baseline?.value ?? 0);
    case 'segmentation': {
      const unit = evaluation.unit === 'mm' ? ('mm' as const) : ('px' as const);
      const figures = maskFigures({ rows: maskRows({ rows: [...rows], unit }), classes: task.classes });
      const names = figures.names.map((name) => masksAs[name] ?? name);
      return joined({ ...figures, names }, pixelFigures({ rows: [...rows] }));
    }
  }
}

/** The metrics of evaluations that are compared: those that each of them has, but for those without a better end. */
export function comparedNames(evaluations: readonly Pick<Evaluation, 'metrics'>[]): string[] {
  const [first, ...others] = evaluations.map(({ metrics }) => Object.keys(metrics));
  return (first ?? []).filter(
    (name) => !notCompared.has(name) && others.every((names) => names.includes(name)),
  );
}

function joined(first: WeightedFigures, second: WeightedFigures): WeightedFigures {
  const ofFirst = new Float64Array(first.names.length);
  const ofSecond = new Float64Array(second.names.length);
  return {
    names: [...first.names, ...second.names],
    rows: first.rows,
    work: first.work + second.work,
    write: (weights, values) => {
      first.write(weights, ofFirst);
      second.write(weights, ofSecond);
      values.set(ofFirst);
      values.set(ofSecond, ofFirst.length);
    },
  };
}
