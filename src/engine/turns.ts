import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Steps } from '../core/steps.ts';

const rowsPerTurn = 5000;
const turnMs = 8;

/** Converts a long list a chunk a turn, so that the engine answers meanwhile. */
export async function mapInTurns<T, R>(list: readonly T[], convert: (item: T) => R): Promise<R[]> {
  const converted: R[] = [];
  for (let start = 0; start < list.length; start += rowsPerTurn) {
    if (start > 0) await nextTurn();
    for (const item of list.slice(start, start + rowsPerTurn)) converted.push(convert(item));
  }
  return converted;
}

/** Runs long work some steps a turn. Throws the signal's reason once it is aborted. */
export async function inTurns<T>(steps: Steps<T>, signal?: AbortSignal): Promise<T> {
  let startedAt = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - startedAt < turnMs) continue;
    signal?.throwIfAborted();
    await nextTurn();
    startedAt = performance.now();
  }
}

/** Reads a table page by page, a page a turn, until one is empty. */
export async function allPages<T>(readPage: (last: T | undefined) => T[]): Promise<T[]> {
  const rows: T[] = [];
  for (;;) {
    const page = readPage(rows.at(-1));
    if (page.length === 0) return rows;
    for (const row of page) rows.push(row);
    await nextTurn();
  }
}

/** Paces long work: `await pace()` between its steps gives others their turn whenever `mostMs` have passed. */
export function createPace(mostMs = 8): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < mostMs) return;
    await nextTurn();
    since = performance.now();
  };
}

/** Runs long work under a pace. */
export async function paced<T>(steps: Steps<T>, pace: () => Promise<void>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await pace();
  }
}
