import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';

import { classOf } from '../../contract/learning-task.ts';
import type { Manifest } from '../../contract/run-folder.ts';
import type { FindMasks } from '../report/mask-overlay.ts';
import type { RunFolder } from './run-folder.ts';

/** Looks up what was drawn and what was predicted of a part's images, from a run's folder; none where no masks were learned. */
export function maskFinder(folder: RunFolder, manifest: Manifest, split: 'val' | 'test'): FindMasks {
  const { masks, rows, inputs } = manifest;
  const places = new Map(rows[split].map(({ image, label }, place) => [image, { place, label }]));
  const bytes = inputs.geometry.size ** 2;
  return async (image) => {
    const found = places.get(image);
    if (masks === undefined || found === undefined) return null;
    const truth = await readMask(path.join(folder.root, masks.file), classOf(found.label), bytes);
    const predicted = await readMask(folder.predictedMasks(split), found.place, bytes);
    return truth && predicted && { truth, predicted };
  };
}

async function readMask(file: string, place: number, bytes: number): Promise<Uint8Array | null> {
  if (!existsSync(file)) return null;
  const handle = await open(file);
  try {
    const mask = new Uint8Array(bytes);
    const { bytesRead } = await handle.read(mask, 0, bytes, place * bytes);
    return bytesRead === bytes ? mask : null;
  } finally {
    await handle.close();
  }
}
