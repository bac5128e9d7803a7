import { type Evaluation, isTooFew, type Metric, unitOfMetric } from '../../contract/evaluation.ts';
import { metricInterval, metricValue } from '../../core/figures.ts';
import { count } from '../../core/words.ts';
import { intervalMark } from './charts/interval.ts';
import { namedMetrics } from './facts.ts';
import { type Markup, markup, trusted } from './markup.ts';

/** What is judged, in the plural. */
export function judgedNoun({ level }: Pick<Evaluation, 'level'>): string {
  return { image: 'images', study: 'studies', patient: 'patients' }[level];
}

/** The metrics that answer "how good is it" at one look, by task. */
function firstMetrics({ task, positive }: Evaluation): string[] {
  switch (task) {
    case 'regression':
      return ['mae', 'rmse', 'r2', 'bias'];
    case 'segmentation':
      return ['dice', 'iou', 'hausdorff95', 'pixelAccuracy'];
    case 'multiLabel':
      return ['auc', 'meanAveragePrecision', 'f1', 'exactMatch'];
    case 'ordinal':
      return ['kappaQuadratic', 'accuracy', 'gradeError', 'withinOne'];
    default:
      return positive === null
        ? ['accuracy', 'balancedAccuracy', 'auc', 'kappa']
        : ['auc', 'sensitivity', 'specificity', 'accuracy'];
  }
}

const mostTiles = 4;

/** The figures that answer "how good is it" at one look. @param main names of metrics that come before the task's own */
export function tiles(evaluation: Evaluation, main: readonly string[]): Markup {
  const { metrics } = evaluation;
  const named = namedMetrics(metrics);
  const wanted = [...new Set([...main, ...firstMetrics(evaluation)])];
  const ordered = wanted
    .flatMap((key) => named.filter((one) => one.key === key))
    .slice(0, Math.max(mostTiles, main.length));
  return markup`<div class="tiles">${ordered.map(({ key, name }) => {
    const metric = metrics[key]!;
    const unit = unitOfMetric(evaluation, key);
    return markup`<div class="tile"><span class="muted">${name}</span><b>${bigValue(metric, unit)}</b>${intervalText(metric, unit)}<small>${metric.method}</small></div>`;
  })}</div>`;
}

/** The unit smaller than the number: a long one would break the line. */
function bigValue(metric: Metric, unit: string | null): Markup {
  const text = metricValue(metric, unit);
  return unit !== null && unit !== '' && text.endsWith(` ${unit}`)
    ? markup`${text.slice(0, -unit.length)}<span class="unit">${unit}</span>`
    : markup`${text}`;
}

function intervalText(metric: Metric, unit: string | null): Markup {
  const interval = metricInterval(metric, unit);
  return interval === null
    ? markup`<span class="interval-text muted">no interval</span>`
    : markup`<span class="interval-text">${interval} <small>95 % interval</small></span>`;
}

/** Every metric with its interval and how that was made. @param main names of those that come first */
export function metricsTable(
  evaluation: Pick<Evaluation, 'metrics' | 'unit'>,
  main: readonly string[] = [],
): Markup {
  const { metrics } = evaluation;
  return markup`<div class="scroll"><table class="full"><thead><tr><th>Metric</th><th class="n">Value</th><th>95 % interval</th><th>0 to 1</th><th>Method</th></tr></thead><tbody>${namedMetrics(
    metrics,
    main,
  ).map(({ key, name }) => {
    const metric = metrics[key]!;
    const unit = unitOfMetric(evaluation, key);
    const isDrawn = unit === null && metric.value !== null && metric.value >= 0 && !isTooFew(metric);
    const mark = isDrawn ? trusted(intervalMark(metric.value!, metric.low, metric.high)) : null;
    return markup`<tr><th scope="row">${name}</th><td class="n">${metricValue(metric, unit)}</td><td>${metricInterval(metric, unit) ?? 'none'}</td><td>${mark}</td><td class="muted">${metric.method}</td></tr>`;
  })}</tbody></table></div>`;
}

/** Numbers of cases of each class, in the order of the classes. */
export interface ClassCounts {
  readonly title: string;
  readonly values: readonly number[];
}

/** One row a class: how many cases, and its own figures. */
export function perClassTable(evaluation: Evaluation, counts: readonly ClassCounts[]): Markup | null {
  const { classes, perClass } = evaluation;
  if (!perClass) return null;
  const columns = namedMetrics(
    Object.assign({}, ...classes.map((name) => perClass[name] ?? {})) as Evaluation['metrics'],
  );
  const head = [...counts.map(({ title }) => title), ...columns.map(({ name }) => name)];
  return markup`<div class="scroll"><table class="classes"><thead><tr><th>Class</th>${head.map((title) => markup`<th class="n">${title}</th>`)}</tr></thead><tbody>${classes.map(
    (name, i) =>
      markup`<tr><th scope="row">${name}</th>${counts.map(({ values }) => markup`<td class="n">${count(values[i]!)}</td>`)}${columns.map(
        ({ key }) => {
          const metric = perClass[name]?.[key];
          const unit = unitOfMetric(evaluation, key);
          return markup`<td class="n">${metricValue(metric, unit)}<br><small>${metricInterval(metric, unit)}</small></td>`;
        },
      )}</tr>`,
  )}</tbody></table></div>`;
}

/** A drawing with what it shows and a note. */
export function figure(caption: string, note: string, svg: string): Markup {
  return markup`<figure><figcaption>${caption}<small>${note}</small></figcaption>${trusted(svg)}</figure>`;
}
