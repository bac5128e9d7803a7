import { setImmediate as nextTurn } from 'node:timers/promises';

const rowsPerTurn = 5000;

/** Converts a long list a chunk a turn, so that the engine answers meanwhile. */
export async function mapInTurns<T, R>(list: readonly T[], convert: (item: T) => R): Promise<R[]> {
  const converted: R[] = [];
  for (let start = 0; start < list.length; start += rowsPerTurn) {
    if (start > 0) await nextTurn();
    for (const item of list.slice(start, start + rowsPerTurn)) converted.push(convert(item));
  }
  return converted;
}
