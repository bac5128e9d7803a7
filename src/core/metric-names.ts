import type { Evaluation, Metric } from '../contract/run.ts';

/** Names of metrics in the order in which they are shown. */
const metricNames: readonly (readonly [key: string, name: string])[] = [
  ['auc', 'AUC'],
  ['accuracy', 'Accuracy'],
  ['balancedAccuracy', 'Balanced accuracy'],
  ['sensitivity', 'Sensitivity (recall)'],
  ['specificity', 'Specificity'],
  ['precision', 'Precision (PPV)'],
  ['npv', 'NPV'],
  ['f1', 'F1'],
  ['kappa', "Cohen's kappa"],
  ['top5', 'Top-5 accuracy'],
  ['averagePrecision', 'Average precision'],
  ['meanAveragePrecision', 'Mean average precision'],
  ['microF1', 'Micro F1'],
  ['exactMatch', 'All labels right'],
  ['hammingLoss', 'Wrong labels (Hamming loss)'],
  ['prevalence', 'Prevalence'],
  ['kappaQuadratic', 'Kappa, quadratic weights'],
  ['kappaLinear', 'Kappa, linear weights'],
  ['gradeError', 'Mean error in grades'],
  ['withinOne', 'Within one grade'],
  ['mae', 'Mean absolute error'],
  ['rmse', 'RMSE'],
  ['maeReduction', 'Mean absolute error saved'],
  ['medianError', 'Median absolute error'],
  ['r2', 'R²'],
  ['bias', 'Bias'],
  ['lowerLimit', 'Lower limit of agreement'],
  ['upperLimit', 'Upper limit of agreement'],
  ['pearson', "Pearson's r"],
  ['spearman', "Spearman's ρ"],
  ['dice', 'Mean Dice of images'],
  ['globalDice', 'Pooled Dice of all pixels'],
  ['iou', 'IoU'],
  ['hausdorff95', 'Hausdorff 95, median'],
  ['hausdorff95Mean', 'Hausdorff 95, mean'],
  ['pixelAccuracy', 'Pixels right'],
  ['brier', 'Brier score'],
  ['ece', 'ECE (equal width)'],
  ['eceEqualMass', 'ECE (equal mass)'],
];

/** F1 of several classes is the mean of theirs, which is not the F1 of one of them. */
const nameOf = (key: string, name: string, metric: Metric | undefined): string =>
  key === 'f1' && metric?.method.includes('macro average') ? 'Macro F1' : name;

/** The metrics that are there, known ones first and by their names. @param main names of those that come before all */
export function namedMetrics(
  metrics: Evaluation['metrics'],
  main: readonly string[] = [],
): { key: string; name: string }[] {
  const known = metricNames
    .filter(([key]) => key in metrics)
    .map(([key, name]) => ({ key, name: nameOf(key, name, metrics[key]) }));
  const others = Object.keys(metrics)
    .filter((key) => !known.some((one) => one.key === key))
    .sort()
    .map((key) => ({ key, name: key }));
  const named = [...known, ...others];
  const order = mainFirst(
    named.map(({ key }) => key),
    main,
  );
  return order.map((key) => named.find((one) => one.key === key)!);
}

const errors: ReadonlySet<string> = new Set([
  ...['brier', 'ece', 'eceEqualMass', 'hammingLoss', 'gradeError', 'mae', 'rmse', 'medianError'],
  ...['hausdorff95', 'hausdorff95Mean'],
]);

/** Whether less of a metric is better. */
export const isLowerBetter = (key: string): boolean => errors.has(key);

/** Keys of metrics, those of `main` before the others, in its order. */
export function mainFirst(keys: readonly string[], main: readonly string[]): string[] {
  return [...main.filter((key) => keys.includes(key)), ...keys.filter((key) => !main.includes(key))];
}
