/** The middle value; the mean of the two middle ones where their number is even. @throws Error when there is none */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('Nothing was measured');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Repetitions of one figure. */
export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), lowest: Math.min(...values), highest: Math.max(...values) };
}

/** Ours to a peer's: of the medians, with the lowest and highest ratio of a round's own pair. */
export function ratioOf(ours: readonly number[], peers: readonly number[]): Spread {
  const pairs = ours.map((value, round) => value / peers[round]!);
  return { ...spreadOf(pairs), median: median(ours) / median(peers) };
}

/** Four significant digits, e.g. `25.34 (25.10–25.61)`; one repetition has no spread. */
export function shownSpread({ median: middle, lowest, highest }: Spread): string {
  const shown = (value: number): string => (value >= 1000 ? value.toFixed(0) : value.toPrecision(4));
  return lowest === highest ? shown(middle) : `${shown(middle)} (${shown(lowest)}–${shown(highest)})`;
}

/** e.g. `1.08× (1.06–1.11)` */
export function shownRatio({ median: middle, lowest, highest }: Spread): string {
  const range = lowest === highest ? '' : ` (${lowest.toFixed(2)}–${highest.toFixed(2)})`;
  return `${middle.toFixed(2)}×${range}`;
}
