import { readdir } from 'node:fs/promises';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { thumbnailFile } from '../../core/thumbnail.ts';
import { mapLimited } from '../dataset/map-limited.ts';
import type { JobContext } from '../jobs.ts';
import type { ProjectSession } from '../project/session.ts';
import { createPace } from '../turns.ts';
import type { DecodePool } from './decode-pool.ts';
import { ensureThumbnail, thumbnailsFolder } from './thumbnails.ts';

type Project = Pick<ProjectSession, 'folder' | 'images' | 'dataset'>;

const rowsPerPortion = 64;
/** Thumbnails are spread over folders by the first two digits of their name. */
const starts = Array.from({ length: 256 }, (_, start) => start.toString(16).padStart(2, '0'));

/** Row numbers of images whose thumbnail is not stored, oldest first, one for equal pictures. */
export async function findWithoutThumbnail(project: Project, signal: AbortSignal): Promise<number[]> {
  const pace = createPace();
  const folder = thumbnailsFolder(path.join(project.folder, 'cache'));
  const found: number[] = [];
  for (const [index, start] of starts.entries()) {
    const stored = new Set(await readdir(path.join(folder, start)).catch(() => []));
    signal.throwIfAborted();
    for (const [row, key] of project.images.pixels(start, starts[index + 1] ?? 'g'))
      if (!stored.has(path.posix.basename(thumbnailFile(key)))) found.push(row);
    await pace();
    signal.throwIfAborted();
  }
  return found.sort((a, b) => a - b);
}

export interface StoredThumbnails {
  stored: number;
  /** Of files that are gone, damaged or changed. */
  failed: number;
}

/**
 * Makes the thumbnails of images, so that a grid never waits for one. Leaves a decoder free where there are several,
 * and whoever waits at a screen goes first.
 */
export async function storeThumbnails(
  project: Project,
  rows: readonly number[],
  { pool, context }: { pool: DecodePool; context: JobContext },
): Promise<StoredThumbnails> {
  const { signal } = context;
  const cacheFolder = path.join(project.folder, 'cache');
  const lanes = Math.max(1, pool.size - 1);
  const result = { stored: 0, failed: 0 };
  for (let start = 0; start < rows.length; start += rowsPerPortion) {
    const images = project.images.idsOf(rows.slice(start, start + rowsPerPortion));
    await mapLimited(project.dataset.files(images), lanes, async (file) => {
      try {
        await ensureThumbnail(file, { cacheFolder, pool, signal, priority: 'background' });
        result.stored += 1;
      } catch (error) {
        if (!isOfOnePicture(error)) throw error;
        result.failed += 1;
      }
      context.progress(result.stored + result.failed, rows.length, '');
    });
  }
  return result;
}

function isOfOnePicture(error: unknown): boolean {
  if (!(error instanceof ReadroomError) || error.data['starts'] === false) return false;
  return error.code !== 'cancelled' && error.code !== 'diskFull';
}
