import type { Evaluation } from '../../contract/evaluation.ts';
import { drawCurves, histogramOf } from '../../core/curves.ts';
import { metricValue } from '../../core/figures.ts';
import { share } from '../../core/words.ts';
import { labelReliability, masksOf, numbersOf, withAndWithout } from '../evaluate/curves.ts';
import { labelRows } from '../evaluate/class-rows.ts';
import type { JudgedRow } from '../evaluate/levels.ts';
import { mostCurves, precisionRecallChart, rocChart } from './charts/class-curves.ts';
import { diceHistogram } from './charts/dice-histogram.ts';
import { histogramChart } from './charts/histogram.ts';
import { blandAltmanChart, predictedChart } from './charts/numbers.ts';
import { reliabilityChart } from './charts/reliability.ts';
import { type Markup, markup } from './markup.ts';
import { figure, metricsTable, perClassTable } from './metric-tables.ts';
import {
  confusionTable,
  curveFigures,
  decisionText,
  histogramBins,
  trueCounts,
} from './performance-sections.ts';

export interface Section {
  readonly id: string;
  readonly heading: string;
  readonly body: Markup;
}

/**
 * What an evaluation says, by its task: the metrics, its curves and its decisions.
 *
 * @param main names of metrics that come first
 */
export function performanceSections(
  evaluation: Evaluation,
  rows: readonly JudgedRow[],
  patientsKnown: boolean,
  main: readonly string[],
): Section[] {
  const performance = {
    id: 'performance',
    heading: 'Performance',
    body: markup`${decisionText(evaluation, patientsKnown)}${metricsTable(evaluation, main)}`,
  };
  return [performance, ...sectionsOf(evaluation, rows)];
}

function sectionsOf(evaluation: Evaluation, rows: readonly JudgedRow[]): Section[] {
  switch (evaluation.task) {
    case 'regression':
      return numberSections(evaluation, rows);
    case 'segmentation':
      return maskSections(evaluation, rows);
    case 'multiLabel':
      return labelSections(evaluation, rows);
    default:
      return classSections(evaluation, rows);
  }
}

function classSections(evaluation: Evaluation, rows: readonly JudgedRow[]): Section[] {
  const table = perClassTable(evaluation, [{ title: 'n', values: trueCounts(evaluation) }]);
  return [
    { id: 'curves', heading: 'Curves', body: curveFigures(evaluation, rows) },
    {
      id: 'decisions',
      heading: 'Decisions',
      body: markup`${confusionTable(evaluation)}${table && markup`<h3>Each class against the rest</h3>${table}`}`,
    },
  ];
}

function numberSections(evaluation: Evaluation, rows: readonly JudgedRow[]): Section[] {
  const { metrics, baseline, unit } = evaluation;
  const { n, points } = numbersOf(rows);
  const drawn =
    points.length < n
      ? `${points.length} of ${n} drawn: the largest errors and an even choice of the others`
      : '';
  const limits = {
    bias: metrics['bias']?.value ?? null,
    lower: metrics['lowerLimit']?.value ?? null,
    upper: metrics['upperLimit']?.value ?? null,
  };
  const charts = markup`<div class="charts">${[
    figure(
      'Predicted and true',
      drawn || 'on the dashed line both are the same',
      predictedChart(points, unit ?? ''),
    ),
    figure(
      'Bland–Altman',
      'limits of agreement: bias ± 1.96 standard deviations of the errors',
      blandAltmanChart(points, unit ?? '', limits),
    ),
  ]}</div>`;
  return [
    { id: 'curves', heading: 'Predicted numbers', body: charts },
    ...(baseline
      ? [
          {
            id: 'baseline',
            heading: 'Against the training mean',
            body: metricsTable({ metrics: baseline.metrics, unit }),
          },
        ]
      : []),
  ];
}

function labelSections(evaluation: Evaluation, rows: readonly JudgedRow[]): Section[] {
  const { classes, perClass, metrics, thresholds } = evaluation;
  const curves = classes.map(
    (name, label) => drawCurves(withAndWithout(rows, label), ['', name], name).classes[0]!,
  );
  const notes = classes.map((name) => metricValue(perClass?.[name]?.['auc']));
  const scope =
    classes.length > mostCurves
      ? `the first ${mostCurves} of ${classes.length} labels`
      : 'each label with and without';
  const charts = markup`<div class="charts">${[
    figure(
      'Receiver operating characteristic',
      `${scope}; AUC beside each name`,
      rocChart({ curves, notes, operatingPoint: null }),
    ),
    figure('Precision and recall', scope, precisionRecallChart({ curves, notes: [], operatingPoint: null })),
    figure(
      'Reliability',
      `all labels together; 15 bins; ECE ${metricValue(metrics['ece'])}, Brier ${metricValue(metrics['brier'])}`,
      reliabilityChart(labelReliability(rows), {
        x: 'predicted probability of a label',
        y: 'share that shows it',
      }),
    ),
    figure(
      'Probability by truth',
      'all labels together, one count an image and label; 25 bins',
      shownChart(rows, classes),
    ),
  ]}</div>`;
  const shown = classes.map(
    (_, label) => labelRows(rows).filter(({ truth }) => truth.includes(label)).length,
  );
  const decisions = markup`${perClassTable(evaluation, [{ title: 'n with it', values: shown }])}<h3>Thresholds</h3><div class="scroll"><table><thead><tr><th>Label</th><th class="n">Given from</th><th>Rule</th></tr></thead><tbody>${Object.entries(
    thresholds ?? {},
  ).map(
    ([name, { threshold, rule }]) =>
      markup`<tr><th scope="row">${name}</th><td class="n">${share(threshold, 4)}</td><td class="muted">${rule}</td></tr>`,
  )}</tbody></table></div>`;
  return [
    { id: 'curves', heading: 'Curves', body: charts },
    { id: 'decisions', heading: 'Each label', body: decisions },
  ];
}

function shownChart(rows: readonly JudgedRow[], classes: readonly string[]): string {
  const all = classes.flatMap((_, label) => withAndWithout(rows, label));
  const { hits, others } = histogramOf(all, 1, histogramBins);
  return histogramChart({
    title: 'Probability by truth',
    xLabel: 'predicted probability of a label',
    above: { name: 'the image shows it', values: hits },
    below: { name: 'it does not', values: others },
    threshold: null,
  });
}

function maskSections(evaluation: Evaluation, rows: readonly JudgedRow[]): Section[] {
  const { classes, outcomes } = evaluation;
  const counts = (['both', 'missed', 'false'] as const).map((outcome) => ({
    title: { both: 'drawn and found', missed: 'missed', false: 'found, not drawn' }[outcome],
    values: classes.map((name) => outcomes?.[name]?.[outcome] ?? 0),
  }));
  const histograms = masksOf(classes, rows)
    .slice(0, mostCurves)
    .map(({ name, dice }, index) =>
      figure(`Dice of ${name}`, 'images a bin; those without it left out', diceHistogram(name, dice, index)),
    );
  return [
    {
      id: 'decisions',
      heading: 'Each class',
      body: markup`${perClassTable(evaluation, counts)}<p><small>Counts: images. An image in which a class is neither drawn nor found does not count for it; one in which it is only drawn or only found counts with a Dice of 0 and has no distance.</small></p>`,
    },
    { id: 'curves', heading: 'Dice by image', body: markup`<div class="charts">${histograms}</div>` },
  ];
}
