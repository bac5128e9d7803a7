import type { Metric } from '../../contract/run.ts';

/** A share or index to three digits; what is not quite 0 or 1 never prints as 0 or 1. */
export function share(value: number): string {
  const text = value.toFixed(3);
  if (value < 1 && text === '1.000') return '>0.999';
  if (value > 0 && text === '0.000') return '<0.001';
  return text;
}

/** `0.934`, or `too few` when there is no figure. */
export function metricValue(metric: Metric | undefined): string {
  return metric?.value == null || isTooFew(metric) ? 'too few' : share(metric.value);
}

/** Fewer than ten patients stand behind it: `core/metrics.ts` says so at the head of the method. */
export function isTooFew(metric: Metric): boolean {
  return metric.method.startsWith('too few');
}

/** `0.905–0.957`, or null when there is no interval. */
export function metricInterval(metric: Metric | undefined): string | null {
  if (metric?.value == null || metric.low === null || metric.high === null || isTooFew(metric)) return null;
  return `${share(metric.low)}–${share(metric.high)}`;
}

/** `1,234`, the same in every locale. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1 patient`, `2 patients`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${value === 1 ? noun : `${noun}s`}`;
}

/** Up to `digits` significant digits without trailing zeros: `0.0001`, `34.2`, `1,200`. */
export function quantity(value: number, digits = 3): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 10 ** digits) return count(value);
  return String(Number(value.toPrecision(digits)));
}

/** `42 s`, `3 min 05 s`, `2 h 07 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${quantity(seconds)} s`;
  const pad = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}
