import { quantity } from '../../../core/figures.ts';

/** `58.3 M`, `3.7 G`, for narrow columns. */
export function countBrief(value: number): string {
  const units = ['', ' k', ' M', ' G'];
  let unit = 0;
  let scaled = value;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return `${quantity(scaled)}${units[unit]!}`;
}

/** `58.3 million`, `3.7 billion`, `4,096`. */
export function countShort(value: number): string {
  if (value >= 1e9) return `${quantity(value / 1e9)} billion`;
  if (value >= 1e6) return `${quantity(value / 1e6)} million`;
  return quantity(value, 4);
}
