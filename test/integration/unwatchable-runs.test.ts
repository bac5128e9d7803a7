import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, it } from 'vitest';

import type { LearningTask, Truth } from '../../src/contract/learning-task.ts';
import type { Manifest } from '../../src/contract/run-folder.ts';
import { trainRunFolder } from '../../src/worker/compute/train.ts';
import { writeTaskRun } from '../support/task-runs.ts';

/** Trains a folder that came by itself, its validation rows all with one label, by a watched value. */
async function refusalOf(task: LearningTask, monitor: string, label?: Truth): Promise<string> {
  const { runFolder } = writeTaskRun(task, { epochs: 1, earlyStopping: { patience: 0, monitor } as never });
  const file = path.join(runFolder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  const val = manifest.rows.val.map((row) => ({ ...row, label: label ?? row.label }));
  writeFileSync(file, JSON.stringify({ ...manifest, rows: { ...manifest.rows, val } }));
  if (task.kind === 'segmentation') {
    const masks = path.join(runFolder, 'masks.u8');
    const bytes = readFileSync(masks);
    bytes.fill(0, bytes.length - (bytes.length / 128) * val.length);
    writeFileSync(masks, bytes);
  }
  const ended = await trainRunFolder(runFolder, () => undefined, { stopRequested: false });
  expect(ended.error?.code).toBe('classMissingFromSplit');
  return ended.error!.message;
}

// Would catch: a folder of a task without single classes that trains all its epochs and cannot tell its best one.
it('refuses a folder of any task whose validation part cannot tell the best epoch', async () => {
  expect(await refusalOf({ kind: 'multiClass', classes: ['a', 'b'] }, 'valAuc', 0)).toMatch(
    /needs validation images of every class; there is none of b\.$/,
  );
  expect(await refusalOf({ kind: 'multiLabel', classes: ['a', 'b'] }, 'valAuc', [0, 1])).toMatch(
    /needs a class that some validation images have and others do not/,
  );
  expect(await refusalOf({ kind: 'segmentation', classes: ['a', 'b'] }, 'valDice')).toMatch(
    /needs validation images that are drawn on; there is none\.$/,
  );
});
