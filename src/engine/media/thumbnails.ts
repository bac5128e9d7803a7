import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

import type { DecodePool } from './decode-pool.ts';

const edge = 256;

/** Where an image's thumbnail stands or will stand; equal pictures share it. */
export function thumbnailPath(cacheFolder: string, pixelSha256: string): string {
  return path.join(cacheFolder, 'thumbnails', pixelSha256.slice(0, 2), `${pixelSha256}.webp`);
}

/**
 * Path of an image's thumbnail, a WebP of longer edge 256, made when it is not there yet.
 * @throws ReadroomError as the decode pool does, `fileChanged` included
 */
export async function ensureThumbnail(
  image: { path: string; pixelSha256: string },
  dependencies: { cacheFolder: string; pool: DecodePool; signal?: AbortSignal },
): Promise<string> {
  const to = thumbnailPath(dependencies.cacheFolder, image.pixelSha256);
  // Written beside and renamed, so a file that is there is whole.
  if (await stat(to).catch(() => null)) return to;
  await mkdir(path.dirname(to), { recursive: true });
  await dependencies.pool.render({ ...image, to, edge }, dependencies.signal);
  return to;
}
