/**
 * Long work in short steps: yields where the caller may do something else, and returns the result. Pure rules know
 * no clock, so they yield often and whoever runs them decides how many steps make a turn.
 */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Items between two steps where an item costs about a microsecond. */
export const itemsPerStep = 1000;

/** Runs all steps at once. */
export function finish<T>(steps: Generator<unknown, T, undefined>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Calls `visit` for each item. */
export function* forEachInSteps<T>(
  items: readonly T[],
  visit: (item: T, index: number) => void,
): Steps<undefined> {
  for (let index = 0; index < items.length; index += 1) {
    if (index % itemsPerStep === itemsPerStep - 1) yield undefined;
    visit(items[index]!, index);
  }
  return undefined;
}

/** A stable sort: runs of `itemsPerStep`, merged two by two. */
export function* sortInSteps<T>(items: readonly T[], compare: (a: T, b: T) => number): Steps<T[]> {
  let from: T[] = [];
  for (let start = 0; start < items.length; start += itemsPerStep) {
    for (const item of items.slice(start, start + itemsPerStep).sort(compare)) from.push(item);
    yield undefined;
  }
  for (let width = itemsPerStep; width < items.length; width *= 2) {
    const to: T[] = [];
    for (let start = 0; start < from.length; start += 2 * width)
      yield* mergeRuns(from, start, Math.min(start + width, from.length), width, to, compare);
    from = to;
  }
  return from;
}

function* mergeRuns<T>(
  from: readonly T[],
  start: number,
  middle: number,
  width: number,
  to: T[],
  compare: (a: T, b: T) => number,
): Steps<undefined> {
  const end = Math.min(middle + width, from.length);
  let left = start;
  let right = middle;
  while (left < middle || right < end) {
    const takeLeft = right >= end || (left < middle && compare(from[left]!, from[right]!) <= 0);
    to.push(from[takeLeft ? left++ : right++]!);
    if (to.length % itemsPerStep === 0) yield undefined;
  }
  return undefined;
}
