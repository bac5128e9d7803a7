import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { type LearningTask, type Truth, taskOf } from '../../contract/learning-task.ts';
import type { Manifest, ManifestRow } from '../../contract/run-folder.ts';
import type { InputTiles } from '../../contract/tiles.ts';
import { tileCount } from '../../core/tiles.ts';
import { rulesOf } from '../../nn/tasks/index.ts';
import { targetScale } from '../../nn/tasks/regression.ts';
import type { TargetScale, TaskRules, Truths } from '../../nn/tasks/rules.ts';
import { piecesOfRows, type ReadTruths } from './inputs.ts';
import { openPictureFile, type PictureFile } from './picture-file.ts';

/** What a run learns, and where what is true of its rows comes from. */
export interface RunTask {
  readonly task: LearningTask;
  readonly rules: TaskRules;
  /** What the network sees of a picture; null: the whole. */
  readonly tiles: InputTiles | null;
  /** Of a regression: how its numbers stand while it trains. */
  readonly scale: TargetScale | null;
  readonly truths: ReadTruths;
  /** Of a segmentation. */
  readonly masks: PictureFile | null;
  close(): Promise<void>;
}

/** @throws ReadroomError `fileNotFound` when a segmentation's masks are gone */
export async function openRunTask(runFolder: string, manifest: Manifest): Promise<RunTask> {
  const task = taskOf(manifest);
  const { size } = manifest.inputs.geometry;
  const { tiles = null } = manifest.inputs;
  const scale = task.kind === 'regression' ? targetScale(manifest.rows.train.map(numberOf)) : null;
  const rules = rulesOf(task, { size: tiles?.edge ?? size, tiles }, scale ?? undefined);
  if (task.kind !== 'segmentation') {
    const truths: ReadTruths = (pieces) => rules.truthsOf(pieces.map(({ row }) => row.label));
    return { task, rules, tiles, scale, truths, masks: null, close: () => Promise.resolve() };
  }
  const masks = await openMasks(path.resolve(runFolder, manifest.masks?.file ?? ''), size, tiles);
  const truths: ReadTruths = (pieces) =>
    masks.read(pieces.map(({ row, tile }) => numberOf(row) * tileCount(tiles) + tile));
  return { task, rules, tiles, scale, masks, truths, close: () => masks.close() };
}

/** What is true of all that a training goes through in an epoch, some at a time. */
export async function* trainingTruths(
  { rows }: Pick<Manifest, 'rows'>,
  { truths, tiles }: Pick<RunTask, 'truths' | 'tiles'>,
  atOnce: number,
): AsyncGenerator<Truths> {
  const { count, at } = piecesOfRows(rows.train, tiles);
  for (let start = 0; start < count; start += atOnce) {
    const length = Math.min(atOnce, count - start);
    yield await truths(Array.from({ length }, (_, index) => at(start + index)));
  }
}

/**
 * A file of masks, a byte a pixel.
 *
 * @param size edge of a picture, in pixels
 * @throws ReadroomError `fileNotFound`
 */
export function openMasks(file: string, size: number, tiles: InputTiles | null = null): Promise<PictureFile> {
  return openPictureFile(file, { size, channels: 1, tiles }, (slot) =>
    missing(
      slot === null ? `The masks ${file} cannot be opened.` : `The masks ${file} end before slot ${slot}.`,
    ),
  );
}

function numberOf({ label }: Pick<ManifestRow, 'label'>): number {
  return requireNumber(label);
}

function requireNumber(label: Truth): number {
  if (typeof label !== 'number') throw new Error('A set of classes is neither a number nor a slot');
  return label;
}

function missing(message: string): ReadroomError {
  return new ReadroomError('fileNotFound', message, 'Train again: masks are made anew from the drawings.');
}
