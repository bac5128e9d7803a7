import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

import { filterFileEpoch, filterFileName } from '../../contract/run-folder.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { filterPicture } from '../../nn/filter-picture.ts';
import type { WeightSpec } from '../../nn/network.ts';
import { encodePng } from '../../files/encode-png.ts';

/** Besides the first epoch's. */
const lastKept = 50;

/** Where the picture of an epoch lies in a run's folder. */
export function filterFile(runFolder: string, epoch: number): string {
  return path.join(runFolder, 'filters', filterFileName(epoch));
}

/**
 * Writes the filters of a network's first layer (`firstFilters`) as a picture, and removes those of epochs that are neither the first
 * nor among the last 50. A picture is not worth a training: what cannot be written is left out.
 *
 * @returns whether it stands
 */
export async function writeFilters(
  runFolder: string,
  epoch: number,
  kernel: Float32Array,
  { shape }: Pick<WeightSpec, 'shape'>,
): Promise<boolean> {
  const png = encodePng(filterPicture(kernel, shape));
  try {
    await writeFileWhole(filterFile(runFolder, epoch), png, { durable: false });
    await removeOld(path.join(runFolder, 'filters'), epoch);
    return true;
  } catch {
    return false;
  }
}

/** Those of later epochs too: they are of a sitting that was lost. */
async function removeOld(folder: string, epoch: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const of = filterFileEpoch(name);
    if (of !== null && (of > epoch || (of > 1 && of <= epoch - lastKept)))
      await rm(path.join(folder, name), { force: true });
  }
}
