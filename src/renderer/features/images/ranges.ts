/** Half-open ranges of positions, ascending and disjoint: 100,000 selected images are one of them. */
export type Range = readonly [from: number, to: number];
export type Ranges = readonly Range[];

export const noRanges: Ranges = [];

export const countIn = (ranges: Ranges): number => ranges.reduce((sum, [from, to]) => sum + to - from, 0);

/** The range of all positions from one to another, both included, in either order. */
export const between = (one: number, other: number): Range => [
  Math.min(one, other),
  Math.max(one, other) + 1,
];

export function contains(ranges: Ranges, position: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [from, to] = ranges[middle]!;
    if (position < from) high = middle - 1;
    else if (position >= to) low = middle + 1;
    else return true;
  }
  return false;
}

/** Sorts and joins ranges that touch; empty ones go. */
export function union(...parts: readonly Ranges[]): Ranges {
  const sorted = parts
    .flat()
    .filter(([from, to]) => to > from)
    .sort((a, b) => a[0] - b[0]);
  const joined: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

export function without(ranges: Ranges, [holeFrom, holeTo]: Range): Ranges {
  return ranges.flatMap(([from, to]): Range[] =>
    holeTo <= from || holeFrom >= to
      ? [[from, to]]
      : [[from, Math.max(from, holeFrom)] as const, [Math.min(to, holeTo), to] as const].filter(
          ([start, end]) => end > start,
        ),
  );
}

export function toggled(ranges: Ranges, position: number): Ranges {
  return contains(ranges, position)
    ? without(ranges, [position, position + 1])
    : union(ranges, [[position, position + 1]]);
}

/** The first positions in ranges, at most so many. */
export function firstIn(ranges: Ranges, most: number): number[] {
  const found: number[] = [];
  for (const [from, to] of ranges) {
    for (let position = from; position < to; position++) {
      if (found.length === most) return found;
      found.push(position);
    }
  }
  return found;
}
