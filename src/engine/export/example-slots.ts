import type { Manifest, ManifestRow } from '../../contract/run-folder.ts';

export const exampleCount = 16;

/**
 * Rows of the input cache that become a package's examples: up to 16 different pictures, taken in turn from
 * each class and evenly along it; from validation, and from training where validation has too few, never from
 * the test part. The same manifest always gives the same ones.
 */
export function exampleSlots({ rows, classes }: Manifest): number[] {
  const slots = new Set<number>();
  for (const part of [rows.val, rows.train]) {
    for (const row of inTurn(part, classes.length)) {
      if (slots.size === exampleCount) return [...slots];
      slots.add(row.slot);
    }
  }
  return [...slots];
}

function inTurn(rows: readonly ManifestRow[], classes: number): ManifestRow[] {
  const perClass = Math.ceil(exampleCount / classes);
  const queues = Array.from({ length: classes }, (_, label) => {
    const ofClass = rows.filter((row) => row.label === label);
    const step = Math.max(1, ofClass.length / perClass);
    const even = ofClass.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
    return [...new Set([...even, ...ofClass])];
  });
  const longest = Math.max(0, ...queues.map((queue) => queue.length));
  return Array.from({ length: longest }, (_, turn) =>
    queues.flatMap((queue) => queue.slice(turn, turn + 1)),
  ).flat();
}
