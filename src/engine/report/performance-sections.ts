import type { Evaluation, Metric } from '../../contract/evaluation.ts';
import { confidenceHistogramOf, drawCurves, histogramOf } from '../../core/curves.ts';
import { metricValue, quantity } from '../../core/figures.ts';
import { count, counted, percent, share } from '../../core/words.ts';
import { type ClassRow, classRows } from '../evaluate/class-rows.ts';
import type { JudgedRow } from '../evaluate/levels.ts';
import { mostCurves, precisionRecallChart, rocChart } from './charts/class-curves.ts';
import { histogramChart } from './charts/histogram.ts';
import { reliabilityChart } from './charts/reliability.ts';
import { type Markup, markup } from './markup.ts';
import { figure, judgedNoun } from './metric-tables.ts';
import { heatSteps } from './style.ts';

/** Rates over fewer cases than this print "too few" (trust.md). */
export const fewCases = 10;
export const histogramBins = 25;

/** ROC, precision–recall, reliability and a histogram of one part: four, so that the grid is full. */
export function curveFigures(evaluation: Evaluation, judged: readonly JudgedRow[]): Markup {
  const rows = classRows(judged);
  const noun = judgedNoun(evaluation);
  const { classes, positive, metrics, perClass } = evaluation;
  const curves = drawCurves(rows, classes, positive);
  const aucOf = (name: string): Metric | undefined =>
    positive === null ? perClass?.[name]?.['auc'] : metrics['auc'];
  const notes = curves.classes.map(({ name }) => metricValue(aucOf(name)));
  const { sensitivity, specificity, precision } = metrics;
  const at = (x: number | null | undefined, y: number | null | undefined) =>
    x == null || y == null ? null : { x, y };
  const rocPoint =
    positive === null || specificity?.value == null ? null : at(1 - specificity.value, sensitivity?.value);
  const prPoint = positive === null ? null : at(sensitivity?.value, precision?.value);
  const cut = classes.length > mostCurves && positive === null;
  const scope =
    positive === null
      ? `each class against the rest${cut ? `; the first ${mostCurves} of ${classes.length} classes` : ''}`
      : `positive class: ${positive}`;
  const figures = [
    figure(
      'Receiver operating characteristic',
      `${scope}; AUC ${positive === null ? 'beside each name' : metricValue(metrics['auc'])}`,
      rocChart({ curves: curves.classes, notes, operatingPoint: rocPoint }),
    ),
    figure(
      'Precision and recall',
      scope,
      precisionRecallChart({ curves: curves.classes, notes: [], operatingPoint: prPoint }),
    ),
    figure(
      'Reliability',
      `15 bins; bars: ${noun} a bin; hollow: fewer than ${fewCases}; ECE ${metricValue(metrics['ece'])}, Brier ${metricValue(metrics['brier'])}`,
      reliabilityChart(curves.reliability, curves.reliabilityLabels),
    ),
    positive === null
      ? figure('Confidence', `${noun} a bin; ${histogramBins} bins`, confidenceChart(rows))
      : figure(
          'Probability by truth',
          `${noun} a bin; ${histogramBins} bins`,
          truthChart(evaluation, rows, positive),
        ),
  ];
  return markup`<div class="charts">${figures}</div>`;
}

function truthChart(
  { classes, operatingPoint }: Evaluation,
  rows: readonly ClassRow[],
  positive: string,
): string {
  const index = classes.indexOf(positive);
  const { hits, others } = histogramOf(rows, index, histogramBins);
  return histogramChart({
    title: 'Probability by truth',
    xLabel: `predicted probability of ${positive}`,
    above: { name: `truth: ${positive}`, values: hits },
    below: { name: `truth: ${classes[1 - index]!}`, values: others },
    threshold: operatingPoint?.threshold ?? null,
  });
}

function confidenceChart(rows: readonly ClassRow[]): string {
  const { hits, others } = confidenceHistogramOf(rows, histogramBins);
  return histogramChart({
    title: 'Confidence of right and wrong decisions',
    xLabel: 'highest predicted probability',
    above: { name: 'decided rightly', values: hits },
    below: { name: 'decided wrongly', values: others },
    threshold: null,
  });
}

/** Counts with each row's shares; rows of fewer than ten cases give no shares. */
export function confusionTable(evaluation: Evaluation): Markup {
  const { classes, confusion } = evaluation;
  const noun = judgedNoun(evaluation);
  const dense = classes.length > 6;
  const totals = confusion.map((row) => row.reduce((sum, n) => sum + n, 0));
  const cell = (n: number, row: number, column: number): Markup => {
    const total = totals[row]!;
    const rate = total < fewCases ? null : n / total;
    const step = rate === null ? 0 : Math.round(rate * heatSteps);
    const text = rate === null ? (total === 0 ? 'none' : 'too few') : percent(rate);
    if (n === 0 && row !== column) return markup`<td class="muted">0</td>`;
    return markup`<td class="h${step}${row === column ? ' right' : ''}">${count(n)}<small>${text}</small></td>`;
  };
  return markup`<div class="scroll"><table class="matrix${dense ? ' dense' : ''}"><thead><tr><td class="corner">truth ↓ &nbsp;decision →</td>${classes.map((name) => markup`<th scope="col">${name}</th>`)}<th scope="col" class="muted">n</th></tr></thead><tbody>${confusion.map(
    (row, i) =>
      markup`<tr><th scope="row">${classes[i]!}</th>${row.map((n, j) => cell(n, i, j))}<td class="muted">${count(totals[i]!)}</td></tr>`,
  )}</tbody></table></div><p><small>Cells: ${noun}, and their share of the row. Outlined: right decisions. Rows of fewer than ${fewCases} ${noun} give no shares.</small></p>`;
}

/** How many cases of each class are true, by the confusion matrix. */
export function trueCounts({ confusion }: Evaluation): number[] {
  return confusion.map((row) => row.reduce((sum, n) => sum + n, 0));
}

/** What was judged, how a prediction becomes a decision, and what is known of its calibration. */
export function decisionText(evaluation: Evaluation, patientsKnown: boolean): Markup {
  return markup`<p>${judgedText(evaluation, patientsKnown)} ${decisionRule(evaluation)}${calibrationText(evaluation)}</p>`;
}

const poolingWords = {
  mean: 'the mean',
  max: 'the highest',
  noisyOr: 'the noisy-or (1 − Π(1 − p))',
} as const;

function judgedText(
  { level, pooling, n, images = n, patients, split }: Evaluation,
  patientsKnown: boolean,
): string {
  const part = split === 'test' ? 'test part' : 'validation part';
  if (level !== 'image' && pooling !== null)
    return `${counted(n, level)} with ${counted(images, 'image')}, ${part}: what is predicted of a ${level} is ${poolingWords[pooling]} of what is predicted of its images.`;
  const of = patientsKnown
    ? ` of ${counted(patients, 'patient')}`
    : ', patients unknown (each image counts as a patient of its own)';
  return `${counted(n, 'image')}${of}, ${part}.`;
}

function decisionRule({ task, operatingPoint, positive, classes, baseline, unit }: Evaluation): Markup {
  if (task === 'multiLabel')
    return markup`Each label is given from a probability of its own on, chosen on validation; they stand in the table of labels.`;
  if (task === 'ordinal') return markup`The grade with the largest probability is the decision.`;
  if (task === 'regression' && baseline)
    return markup`The plain comparison is to predict the mean of the training part for every image: ${[quantity(baseline.value, 4), unit].filter(Boolean).join(' ')}.`;
  if (task === 'segmentation')
    return markup`Every pixel is of the class with the largest probability, at the size that pictures have before the network, or before tiles are cut from them; pixels that no mask judges do not count. Distances are in ${unit === 'mm' ? 'millimetres' : 'these pixels'}.`;
  if (positive === null || !operatingPoint)
    return markup`The class with the largest probability is the decision.`;
  return markup`A case counts as <b>${positive}</b> from a probability of ${share(operatingPoint.threshold, 4)} (${operatingPoint.rule}); else as ${classes.find((name) => name !== positive) ?? ''}.`;
}

function calibrationText({ calibration }: Evaluation): Markup | null {
  if (calibration == null) return null;
  return calibration.temperature === null
    ? markup` No temperature was fitted: ${calibration.note}.`
    : markup` Temperature scaling on validation gives T = ${quantity(calibration.temperature)} (log loss ${share(calibration.lossBefore ?? 0)} → ${share(calibration.lossAfter ?? 0)}); it is recorded, not applied: every figure here uses the network's own probabilities.`;
}
