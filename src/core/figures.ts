import { isTooFew, type Metric } from '../contract/run.ts';
import { count, share } from './words.ts';

/**
 * `0.934`; `too few` where too few patients stand behind it, `none` where it is not defined.
 *
 * @param unit of a quantity, see `unitOfMetric`: `12.3 months`
 */
export function metricValue(metric: Metric | undefined, unit: string | null = null): string {
  if (metric === undefined || isTooFew(metric)) return 'too few';
  if (metric.value === null) return 'none';
  return withUnit(written(metric.value, unit), unit);
}

/** `0.905–0.957`, or null when there is no interval. @param unit as in `metricValue` */
export function metricInterval(metric: Metric | undefined, unit: string | null = null): string | null {
  if (metric?.value == null || metric.low === null || metric.high === null || isTooFew(metric)) return null;
  const between = metric.low < 0 ? ' to ' : '–';
  return withUnit(`${written(metric.low, unit)}${between}${written(metric.high, unit)}`, unit);
}

const written = (value: number, unit: string | null): string =>
  unit === null ? share(value) : quantity(value);
const withUnit = (text: string, unit: string | null): string => [text, unit].filter(Boolean).join(' ');

/** Up to `digits` significant digits without trailing zeros: `0.0001`, `34.2`, `1,200`. */
export function quantity(value: number, digits = 3): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 10 ** digits) return count(value);
  return String(Number(value.toPrecision(digits)));
}
