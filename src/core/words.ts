import type { RunStatus } from '../contract/events.ts';

/** Numbers, lists and states as people read them, the same on the command line, in reports and in messages. English. */

/** `12,345`, the same in every locale. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1 image`, `3,000 images`, `2 classes`, `2 studies`, `2 series`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${value === 1 ? noun : pluralOf(noun)}`;
}

/** `images`, `classes`, `studies`, `series`. */
export function pluralOf(noun: string): string {
  if (noun === 'series') return noun;
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return /(ss|x|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

/** `a`, `a and b`, `a, b and c`; of more than `most` names the first ones, `a, b and 7 more`. */
export function listed(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most);
  const last = names.length > most ? `${names.length - most} more` : shown.pop();
  return shown.length === 0 ? (last ?? '') : `${shown.join(', ')} and ${last}`;
}

/** "a or b", "one of a, b or c". */
export function oneOf(values: readonly string[]): string {
  if (values.length <= 2) return values.join(' or ');
  return `one of ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}

/** A text of strangers, such as a file's name, without characters that steer a terminal or turn what stands beside them. */
export const readable = (text: string): string =>
  text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');

/**
 * Where a file of a project lies, as people know it. Of one that the project has copied, its name: the folders above it
 * are made of its content (`96/9661490a7b0c1d2e/P0005-1.png`).
 */
export const shownPath = (relativePath: string): string =>
  relativePath.replace(/^([0-9a-f]{2})\/\1[0-9a-f]{14}\/(?=[^/]+$)/, '');

/** `4.2 s`, `45 s`, `12 min`, `1 h 5 min`; `?` for what is not finite. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Seconds as a range: `3–4 min`, `45 s`, `55 s – 2 min`; `up to 67 s` where the lower end says nothing. */
export function durationRange({ low, high }: { readonly low: number; readonly high: number }): string {
  const [from, to] = [duration(low), duration(high)];
  if (from === to) return from;
  if (low < 1 && low < high / 10) return `up to ${to}`;
  const [fromNumber, fromUnit, ...fromRest] = from.split(' ');
  const [, toUnit, ...toRest] = to.split(' ');
  const sameUnit = fromUnit === toUnit && fromRest.length === 0 && toRest.length === 0;
  return sameUnit ? `${fromNumber}–${to}` : `${from} – ${to}`;
}

const mostDigits = 6;

/**
 * A share or an index: `0.934`, and near 0 and 1 as many digits as tell it from them: what is not 1 never
 * prints as 1. Beyond six digits `>0.999999` or `<0.000001`.
 */
export function share(value: number, digits = 3): string {
  return shareOf(value, 1, digits);
}

/** A share in percent: `93.4 %`, near 0 and 100 as many digits as tell it from them. */
export function percent(value: number): string {
  return `${shareOf(value * 100, 100, 1)} %`;
}

function shareOf(value: number, whole: number, fewest: number): string {
  if (value === 0 || value >= whole) return value.toFixed(fewest);
  for (let digits = fewest; digits <= mostDigits; digits++) {
    const text = value.toFixed(digits);
    if (Number(text) !== 0 && Number(text) !== whole) return text;
  }
  const step = 10 ** -mostDigits;
  if (value > whole / 2) return `>${(whole - step).toFixed(mostDigits)}`;
  return value > 0 ? `<${step.toFixed(mostDigits)}` : `>-${step.toFixed(mostDigits)}`;
}

const runStatusNames: Readonly<Record<RunStatus, string>> = {
  queued: 'waiting',
  starting: 'starting',
  running: 'running',
  paused: 'paused',
  stopping: 'stopping',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'stopped',
  interrupted: 'interrupted',
};

/** What a run's status is called. */
export const runStatusWord = (status: RunStatus): string => runStatusNames[status];

/** What blinding does not cover when a round begins; empty for nothing. @param unit what labels are said of */
export function labelledBefore(labelled: number, unit: string): string {
  if (labelled === 0) return '';
  const carry = labelled === 1 ? 'carries a label' : 'carry labels';
  return `${count(labelled)} of these ${pluralOf(unit)} ${carry} of its readers already, which they can see outside the round.`;
}
