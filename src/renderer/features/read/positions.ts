/** Half-open range of positions in a list. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The pages that hold the positions around one, nearest first. */
export function pagesAround(position: number, reach: number, total: number, pageSize: number): number[] {
  if (total === 0) return [];
  const first = Math.floor(Math.max(0, position - reach) / pageSize);
  const last = Math.floor(Math.min(total - 1, position + reach) / pageSize);
  const here = Math.floor(position / pageSize);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index).sort(
    (a, b) => Math.abs(a - here) - Math.abs(b - here),
  );
}

/** Which positions are fetched ahead, most likely first: the next ones, then the one before. */
export function positionsAhead(position: number, total: number, next = 5, before = 1): number[] {
  const ahead = Array.from({ length: next }, (_, index) => position + 1 + index);
  const behind = Array.from({ length: before }, (_, index) => position - 1 - index);
  return [...ahead, ...behind].filter((other) => other >= 0 && other < total);
}

/** As many neighbours as fit into a strip with the current one in its middle; at the ends of the list it stays full. */
export function stripSpan(position: number, total: number, fits: number): Span {
  const shown = Math.min(total, Math.max(1, fits));
  const from = Math.max(0, Math.min(total - shown, position - Math.floor(shown / 2)));
  return { from, to: from + shown };
}
