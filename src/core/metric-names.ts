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
  ['brier', 'Brier score'],
  ['ece', 'ECE (equal width)'],
  ['eceEqualMass', 'ECE (equal mass)'],
];

/** F1 of several classes is the mean of theirs, which is not the F1 of one of them. */
const nameOf = (key: string, name: string, metric: Metric | undefined): string =>
  key === 'f1' && metric?.method.includes('macro average') ? 'Macro F1' : name;

/** The metrics that are there, known ones first and by their names. */
export function namedMetrics(metrics: Evaluation['metrics']): { key: string; name: string }[] {
  const known = metricNames
    .filter(([key]) => key in metrics)
    .map(([key, name]) => ({ key, name: nameOf(key, name, metrics[key]) }));
  const others = Object.keys(metrics)
    .filter((key) => !known.some((one) => one.key === key))
    .sort()
    .map((key) => ({ key, name: key }));
  return [...known, ...others];
}
