import { type LearningTask, saysOneClass, taskOf } from '../../contract/learning-task.ts';
import type { Manifest, ManifestRow } from '../../contract/run-folder.ts';

export const exampleCount = 16;

/**
 * Rows whose pictures become a package's examples: up to 16 different pictures, taken in turn from each class or set of
 * classes and evenly along it, of numbers evenly from the smallest to the largest; from validation, and from training
 * where validation has too few, never from the test part. The same manifest always gives the same ones.
 */
export function exampleRows(manifest: Manifest): ManifestRow[] {
  const task = taskOf(manifest);
  const chosen = new Map<number, ManifestRow>();
  for (const part of [manifest.rows.val, manifest.rows.train]) {
    for (const row of inTurn(strataOf(part, task))) {
      if (chosen.size === exampleCount) return [...chosen.values()];
      if (!chosen.has(row.slot)) chosen.set(row.slot, row);
    }
  }
  return [...chosen.values()];
}

function strataOf(rows: readonly ManifestRow[], task: LearningTask): ManifestRow[][] {
  if (task.kind === 'regression') return [rows.toSorted((a, b) => Number(a.label) - Number(b.label))];
  if (saysOneClass(task)) return task.classes.map((_, label) => rows.filter((row) => row.label === label));
  // A mask is of no class, and every one different.
  const key = ({ label }: ManifestRow): string => (task.kind === 'segmentation' ? '' : [label].flat().join());
  return [...Map.groupBy(rows, key).values()];
}

function inTurn(strata: readonly (readonly ManifestRow[])[]): ManifestRow[] {
  const ofEach = Math.ceil(exampleCount / Math.max(1, strata.length));
  const queues = strata.map((rows) => {
    const step = Math.max(1, rows.length / ofEach);
    const even = rows.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
    return [...new Set([...even, ...rows])];
  });
  const longest = Math.max(0, ...queues.map((queue) => queue.length));
  return Array.from({ length: longest }, (_, turn) =>
    queues.flatMap((queue) => queue.slice(turn, turn + 1)),
  ).flat();
}
