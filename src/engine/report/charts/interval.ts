import { markup } from '../markup.ts';
import { place } from './frame.ts';
import { colour } from './palette.ts';

const width = 160;
const height = 14;

/** A value from 0 to 1 as a dot, its interval as a whisker; sized for a table cell. */
export function intervalMark(value: number, low: number | null, high: number | null): string {
  const at = (share: number): string => place(4 + Math.min(1, Math.max(0, share)) * (width - 8));
  const whisker =
    low === null || high === null
      ? null
      : markup`<line x1="${at(low)}" x2="${at(high)}" y1="7" y2="7" stroke="${colour('series-1')}" stroke-width="3" stroke-linecap="round" opacity="0.45"/>`;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" class="interval" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" aria-hidden="true"><line x1="4" x2="${width - 4}" y1="7" y2="7" stroke="${colour('line')}"/>${whisker}<circle cx="${at(value)}" cy="7" r="3.5" fill="${colour('series-1')}"/></svg>`
    .text;
}
