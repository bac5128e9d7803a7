import { isTooFew, type Metric } from '../contract/run.ts';
import { count, share } from './words.ts';

/** `0.934`, or `too few` when there is no figure. */
export function metricValue(metric: Metric | undefined): string {
  return metric?.value == null || isTooFew(metric) ? 'too few' : share(metric.value);
}

/** `0.905–0.957`, or null when there is no interval. */
export function metricInterval(metric: Metric | undefined): string | null {
  if (metric?.value == null || metric.low === null || metric.high === null || isTooFew(metric)) return null;
  return `${share(metric.low)}–${share(metric.high)}`;
}

/** Up to `digits` significant digits without trailing zeros: `0.0001`, `34.2`, `1,200`. */
export function quantity(value: number, digits = 3): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 10 ** digits) return count(value);
  return String(Number(value.toPrecision(digits)));
}
