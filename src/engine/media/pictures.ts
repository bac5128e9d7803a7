import { access } from 'node:fs/promises';
import path from 'node:path';

import type { DecodePool } from './decode-pool.ts';
import { createPixelCache, type PixelCache, type PixelFile } from './pixel-cache.ts';
import { createSharedWork } from './shared-work.ts';
import { createTemporaryFolder } from './temporary-folder.ts';
import { ensureThumbnail, thumbnailPath } from './thumbnails.ts';

const pixelCacheBytes = 1_000_000_000;

/** A picture on its way to a screen. */
export interface ShownPicture {
  /** Names its pixels; equal pictures share what is made of them. */
  key: string;
  path: string;
  /** Which picture of the file, from 0. */
  frame: number;
  /** With it, a file that holds another picture by now is refused as `fileChanged`. */
  pixelSha256?: string;
  /** The project's cache; null where pictures may not be kept there. */
  cacheFolder: string | null;
  /** A cache that may be read but not written. */
  readableCache?: string;
}

/** What screens are shown, made when first asked for and kept. Methods throw as the decode pool does. */
export interface Pictures {
  /** Path of a WebP of longer edge 256. */
  thumbnail(picture: ShownPicture, signal: AbortSignal): Promise<string>;
  pixels(picture: ShownPicture, signal: AbortSignal): Promise<PixelFile>;
  /** A file that was given out is gone: it is made anew next time. */
  forget(picture: ShownPicture): Promise<void>;
  close(): Promise<void>;
}

export function createPictures(pool: DecodePool): Pictures {
  const share = createSharedWork(pool.size);
  const temporary = createTemporaryFolder();
  const pixelCaches = new Map<string, PixelCache>();

  const folderOf = ({ cacheFolder }: ShownPicture): Promise<string> | string =>
    cacheFolder ?? temporary.path();

  const pixelCache = async (picture: ShownPicture): Promise<PixelCache> => {
    const folder = path.join(await folderOf(picture), 'pixels');
    let cache = pixelCaches.get(folder);
    if (!cache) pixelCaches.set(folder, (cache = createPixelCache(folder, pixelCacheBytes)));
    return cache;
  };

  return {
    async thumbnail(picture, signal) {
      if (picture.readableCache !== undefined) {
        const kept = thumbnailPath(picture.readableCache, picture.key);
        if (await isThere(kept)) return kept;
      }
      const folder = await folderOf(picture);
      const kept = thumbnailPath(folder, picture.key);
      if (await isThere(kept)) return kept;
      return share(kept, () => ensureThumbnail(picture, { cacheFolder: folder, pool }), signal);
    },

    async pixels(picture, signal) {
      const cache = await pixelCache(picture);
      const { key, path: from, frame, pixelSha256 } = picture;
      const make = async (): Promise<PixelFile> =>
        (await cache.find(key)) ??
        cache.add(key, (to) =>
          pool.writePixels({ path: from, frame, to, ...(pixelSha256 !== undefined && { pixelSha256 }) }),
        );
      return (await cache.find(key)) ?? share(`${await folderOf(picture)} pixels ${key}`, make, signal);
    },

    async forget(picture) {
      (await pixelCache(picture)).drop(picture.key);
    },

    close: () => temporary.remove(),
  };
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
