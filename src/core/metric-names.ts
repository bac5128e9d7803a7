import type { Evaluation } from '../contract/run.ts';

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
  ['brier', 'Brier score'],
  ['ece', 'ECE (equal width)'],
  ['eceEqualMass', 'ECE (equal mass)'],
];

/** The metrics that are there, known ones first and by their names. */
export function namedMetrics(metrics: Evaluation['metrics']): { key: string; name: string }[] {
  const known = metricNames.filter(([key]) => key in metrics).map(([key, name]) => ({ key, name }));
  const others = Object.keys(metrics)
    .filter((key) => !known.some((one) => one.key === key))
    .sort()
    .map((key) => ({ key, name: key }));
  return [...known, ...others];
}
