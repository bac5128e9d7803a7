import { isTooFew, type Metric } from '../contract/run.ts';
import { count, readable, share } from '../core/words.ts';

/** Removes what would steer a terminal: file names come from strangers. */
export function plain(text: string): string {
  return readable(text.replace(/[\n\r\t]/g, ' '));
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

/** Columns that a text takes on a terminal. */
function width(text: string): number {
  let columns = 0;
  for (const character of text) columns += wide.test(character) ? 2 : /\p{Mn}/u.test(character) ? 0 : 1;
  return columns;
}

export interface Column {
  title: string;
  align?: 'left' | 'right';
}

/** Rows under their titles, columns aligned by two spaces. */
export function table(columns: Column[], rows: string[][]): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(plain))];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => width(row[index] ?? ''))));
  return cells
    .map((row) =>
      row
        .map((cell, index) => {
          const pad = ' '.repeat((widths[index] ?? 0) - width(cell));
          return columns[index]?.align === 'right' ? pad + cell : cell + pad;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `740 kB` */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let scaled = value;
  let unit = 0;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return `${unit === 0 || scaled >= 99.5 ? Math.round(scaled) : scaled.toFixed(1)} ${units[unit] ?? ''}`;
}

/** Of a metric, where nothing near 0 or 1 asks for more. */
const digits = 2;

/**
 * `0.93`; `too few` where there were too few cases to say, `none` where it is not defined.
 *
 * @param unit of a quantity: `12.3 months`
 */
export function metricValue(metric: Metric, unit: string | null = null): string {
  if (isTooFew(metric)) return 'too few';
  return metric.value === null ? 'none' : withUnit(written(metric.value, unit), unit);
}

/** `0.90–0.95`, or nothing where no interval was made, or too few cases stand behind it. */
export function metricInterval(metric: Metric, unit: string | null = null): string {
  const { low, high } = metric;
  if (low === null || high === null || isTooFew(metric)) return '';
  return `${written(low, unit)}${low < 0 ? ' to ' : '–'}${written(high, unit)}`;
}

/** `0.93 (0.90–0.95)` */
export function metricText(metric: Metric, unit: string | null = null): string {
  const interval = metricInterval(metric, unit);
  const value = metricValue(metric, unit);
  return interval === '' ? value : `${value} (${interval})`;
}

const written = (value: number, unit: string | null): string =>
  unit === null ? share(value, digits) : String(Number(value.toPrecision(3)));
const withUnit = (text: string, unit: string | null): string => [text, unit].filter(Boolean).join(' ');

/** `84 images/s` with sensible digits. */
export function rate(perSecond: number, noun: string): string {
  return `${perSecond >= 10 ? count(perSecond) : perSecond.toFixed(1)} ${noun}/s`;
}

/** Paragraphs without the empty ones, one line between them. */
export function paragraphs(...parts: (string | null | undefined | false)[]): string {
  return parts.filter((part) => typeof part === 'string' && part !== '').join('\n\n');
}

/** Sentences to be noticed, one a line. */
export function warnings(sentences: string[]): string {
  return sentences.map((sentence) => `! ${plain(sentence)}`).join('\n');
}
