import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

import { thumbnailEdge, thumbnailFile } from '../../core/thumbnail.ts';
import type { DecodePool, Priority } from './decode-pool.ts';

/** Where a project keeps its thumbnails, below its cache. */
export function thumbnailsFolder(cacheFolder: string): string {
  return path.join(cacheFolder, 'thumbnails');
}

/** Where the thumbnail of a picture stands or will stand; `key` is its pixel hash, so equal pictures share it. */
export function thumbnailPath(cacheFolder: string, key: string): string {
  return path.join(thumbnailsFolder(cacheFolder), thumbnailFile(key));
}

/**
 * Path of an image's thumbnail, a WebP of longer edge 256, made when it is not there yet.
 *
 * @param image.key for a file whose pixels have no hash yet: names what the file is now
 * @throws ReadroomError as the decode pool does, `fileChanged` included
 */
export async function ensureThumbnail(
  image: { path: string; frame: number } & ({ pixelSha256: string } | { key: string; pixelSha256?: string }),
  dependencies: { cacheFolder: string; pool: DecodePool; signal?: AbortSignal; priority?: Priority },
): Promise<string> {
  const { path: from, frame, pixelSha256 } = image;
  const to = thumbnailPath(dependencies.cacheFolder, 'key' in image ? image.key : image.pixelSha256);
  // Written beside and renamed, so a file that is there is whole.
  if (await stat(to).catch(() => null)) return to;
  await mkdir(path.dirname(to), { recursive: true });
  const request = {
    path: from,
    frame,
    to,
    edge: thumbnailEdge,
    ...(pixelSha256 !== undefined && { pixelSha256 }),
  };
  await dependencies.pool.render(request, dependencies.signal, dependencies.priority);
  return to;
}
