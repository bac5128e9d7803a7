import { type Evaluation, isTooFew, type Metric } from '../../contract/run.ts';
import { count, counted, percent, share } from '../../core/words.ts';
import { confidenceHistogramOf, drawCurves, histogramOf } from '../../core/curves.ts';
import { mostCurves, precisionRecallChart, rocChart } from './charts/class-curves.ts';
import { histogramChart } from './charts/histogram.ts';
import { intervalMark } from './charts/interval.ts';
import { reliabilityChart } from './charts/reliability.ts';
import { type Evaluated, namedMetrics } from './facts.ts';
import { type Markup, markup, trusted } from './markup.ts';
import { metricInterval, metricValue, quantity } from '../../core/figures.ts';
import { heatSteps } from './style.ts';

/** Rates over fewer cases than this print "too few" (trust.md). */
export const fewCases = 10;
const histogramBins = 25;

/** The figures that answer "how good is it" at one look. */
export function tiles({ metrics, positive }: Evaluation): Markup {
  const keys =
    positive === null
      ? ['accuracy', 'balancedAccuracy', 'auc', 'kappa']
      : ['auc', 'sensitivity', 'specificity', 'accuracy'];
  const shown = namedMetrics(metrics).filter(({ key }) => keys.includes(key));
  const ordered = keys.flatMap((key) => shown.filter((one) => one.key === key));
  return markup`<div class="tiles">${ordered.map(({ key, name }) => {
    const metric = metrics[key]!;
    return markup`<div class="tile"><span class="muted">${name}</span><b>${metricValue(metric)}</b>${intervalText(metric)}<small>${metric.method}</small></div>`;
  })}</div>`;
}

function intervalText(metric: Metric): Markup {
  const interval = metricInterval(metric);
  return interval === null
    ? markup`<span class="interval-text muted">no interval</span>`
    : markup`<span class="interval-text">${interval} <small>95 % interval</small></span>`;
}

/** Every metric with its interval and how that was made. */
export function metricsTable(metrics: Evaluation['metrics']): Markup {
  return markup`<div class="scroll"><table class="full"><thead><tr><th>Metric</th><th class="n">Value</th><th>95 % interval</th><th>0 to 1</th><th>Method</th></tr></thead><tbody>${namedMetrics(
    metrics,
  ).map(({ key, name }) => {
    const metric = metrics[key]!;
    const mark =
      metric.value === null || isTooFew(metric)
        ? null
        : trusted(intervalMark(metric.value, metric.low, metric.high));
    return markup`<tr><th scope="row">${name}</th><td class="n">${metricValue(metric)}</td><td>${metricInterval(metric) ?? 'none'}</td><td>${mark}</td><td class="muted">${metric.method}</td></tr>`;
  })}</tbody></table></div>`;
}

/** ROC, precision–recall, reliability and a histogram of one part: four, so that the grid is full. */
export function curveFigures({ evaluation, predictions }: Evaluated): Markup {
  const { classes, positive, metrics, perClass } = evaluation;
  const curves = drawCurves(predictions.rows, classes, positive);
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
      `15 bins; bars: images a bin; hollow: fewer than ${fewCases}; ECE ${metricValue(metrics['ece'])}, Brier ${metricValue(metrics['brier'])}`,
      reliabilityChart(curves.reliability, curves.reliabilityLabels),
    ),
    positive === null
      ? figure('Confidence', 'images a bin; 25 bins', confidenceChart(predictions))
      : figure(
          'Probability by truth',
          'images a bin; 25 bins',
          truthChart(evaluation, predictions, positive),
        ),
  ];
  return markup`<div class="charts">${figures}</div>`;
}

function truthChart(
  { classes, operatingPoint }: Evaluation,
  { rows }: Evaluated['predictions'],
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

function confidenceChart({ rows }: Evaluated['predictions']): string {
  const { hits, others } = confidenceHistogramOf(rows, histogramBins);
  return histogramChart({
    title: 'Confidence of right and wrong decisions',
    xLabel: 'highest predicted probability',
    above: { name: 'decided rightly', values: hits },
    below: { name: 'decided wrongly', values: others },
    threshold: null,
  });
}

function figure(caption: string, note: string, svg: string): Markup {
  return markup`<figure><figcaption>${caption}<small>${note}</small></figcaption>${trusted(svg)}</figure>`;
}

/** Counts with each row's shares; rows of fewer than ten cases give no shares. */
export function confusionTable({ classes, confusion }: Evaluation): Markup {
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
  )}</tbody></table></div><p><small>Cells: images, and their share of the row. Outlined: right decisions. Rows of fewer than ${fewCases} images give no shares.</small></p>`;
}

/** One row a class: how many images, and its own figures against the rest. */
export function perClassTable({ classes, confusion, perClass }: Evaluation): Markup | null {
  if (!perClass) return null;
  const columns = namedMetrics(
    Object.assign({}, ...classes.map((name) => perClass[name] ?? {})) as Evaluation['metrics'],
  );
  const head = columns.map(({ name }) => markup`<th class="n">${name}</th>`);
  return markup`<div class="scroll"><table><thead><tr><th>Class</th><th class="n">n</th>${head}</tr></thead><tbody>${classes.map(
    (name, i) => {
      const n = confusion[i]!.reduce((sum, value) => sum + value, 0);
      return markup`<tr><th scope="row">${name}</th><td class="n">${count(n)}</td>${columns.map(({ key }) => {
        const metric = perClass[name]?.[key];
        return markup`<td class="n">${metricValue(metric)}<br><small>${metricInterval(metric)}</small></td>`;
      })}</tr>`;
    },
  )}</tbody></table></div>`;
}

/** How a probability becomes a decision, and what is known of its calibration. */
export function decisionText(evaluation: Evaluation, patientsKnown: boolean): Markup {
  const { operatingPoint, calibration, positive, classes, n, patients, split } = evaluation;
  const decision =
    positive === null || !operatingPoint
      ? markup`The class with the largest probability is the decision.`
      : markup`A case counts as <b>${positive}</b> from a probability of ${share(operatingPoint.threshold, 4)} (${operatingPoint.rule}); else as ${classes.find((name) => name !== positive) ?? ''}.`;
  const temperature =
    calibration == null
      ? null
      : calibration.temperature === null
        ? markup` No temperature was fitted: ${calibration.note}.`
        : markup` Temperature scaling on validation gives T = ${quantity(calibration.temperature)} (log loss ${share(calibration.lossBefore ?? 0)} → ${share(calibration.lossAfter ?? 0)}); it is recorded, not applied: every figure here uses the network's own probabilities.`;
  return markup`<p>${counted(n, 'image')}${patientsKnown ? ` of ${counted(patients, 'patient')}` : ', patients unknown (each image counts as a patient of its own)'}, ${split === 'test' ? 'test' : 'validation'} part. ${decision}${temperature}</p>`;
}
