import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';

import { type PictureDisplay, pictureDisplaySchema } from '../../contract/decode.ts';
import type { RawPicture } from './decode-pool.ts';

/**
 * A picture's samples as they lie in a file: rows top down, channels last, 16-bit ones little-endian. Behind the first
 * `samplesBytes` stands what they mean, as JSON.
 */
export interface PixelFile extends RawPicture {
  path: string;
  samplesBytes: number;
  sizeBytes: number;
}

export interface PixelCache {
  find(key: string): Promise<PixelFile | null>;
  /** Lets `write` make the file, then removes the files that were longest not asked for, down to the limit. */
  add(key: string, write: (to: string) => Promise<RawPicture>): Promise<PixelFile>;
  /** Forgets a file that is gone. */
  drop(key: string): void;
}

/** Everything that is known of a file stands in its name and in itself, so that it is there whole or not at all. */
const namePattern = /^([0-9a-f-]{36,64})\.([1-9]\d{0,8})x([1-9]\d{0,8})x([13])x(8|16)\.raw$/;
const nameOf = (key: string, { width, height, channels, bitDepth }: RawPicture): string =>
  `${key}.${width}x${height}x${channels}x${bitDepth}.raw`;
const samplesBytesOf = ({ width, height, channels, bitDepth }: Omit<RawPicture, 'display'>): number =>
  width * height * channels * (bitDepth / 8);

/** Decoded pictures in a folder of its own, at most `limitBytes` of them and always the newest. */
export function createPixelCache(folder: string, limitBytes: number): PixelCache {
  // In the order of their last use, the latest at the end.
  let known: Promise<Map<string, PixelFile>> | null = null;
  const files = (): Promise<Map<string, PixelFile>> => (known ??= scan(folder));

  async function makeRoom(inCache: Map<string, PixelFile>): Promise<void> {
    let total = 0;
    for (const { sizeBytes } of inCache.values()) total += sizeBytes;
    for (const [key, file] of inCache) {
      if (total <= limitBytes || inCache.size === 1) return;
      inCache.delete(key);
      total -= file.sizeBytes;
      // Windows does not remove what is being read; the next scan finds it again.
      await rm(file.path, { force: true }).catch(() => undefined);
    }
  }

  return {
    async find(key) {
      const inCache = await files();
      const file = inCache.get(key);
      if (!file) return null;
      inCache.delete(key);
      inCache.set(key, file);
      const now = new Date();
      const present = await utimes(file.path, now, now).then(
        () => true,
        () => false,
      );
      if (present) return file;
      inCache.delete(key);
      return null;
    },

    async add(key, write) {
      const inCache = await files();
      await mkdir(folder, { recursive: true });
      const temporary = path.join(folder, `${randomUUID()}.part`);
      try {
        const picture = await write(temporary);
        if (picture.display) await appendFile(temporary, JSON.stringify(picture.display));
        const { size } = await stat(temporary);
        const to = path.join(folder, nameOf(key, picture));
        const file = { ...picture, path: to, samplesBytes: samplesBytesOf(picture), sizeBytes: size };
        await rename(temporary, to);
        inCache.set(key, file);
        await makeRoom(inCache);
        return file;
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },

    drop(key) {
      void known?.then((inCache) => inCache.delete(key));
    },
  };
}

interface FoundPixels {
  key: string;
  usedAt: number;
  file: PixelFile;
}

/** What an earlier engine left, oldest use first; what it did not finish goes. */
async function scan(folder: string): Promise<Map<string, PixelFile>> {
  const found: FoundPixels[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const file = path.join(folder, name);
    const pixels = await readPixelFile(file, namePattern.exec(name)).catch(() => null);
    if (pixels) found.push(pixels);
    else await rm(file, { recursive: true, force: true }).catch(() => undefined);
  }
  found.sort((a, b) => a.usedAt - b.usedAt);
  return new Map(found.map(({ key, file }) => [key, file]));
}

/** A file as its name and its end tell of it; null for one that is not whole. */
async function readPixelFile(file: string, name: RegExpExecArray | null): Promise<FoundPixels | null> {
  if (!name) return null;
  const [width, height, channels, bitDepth] = name.slice(2).map(Number) as [number, number, 1 | 3, 8 | 16];
  const samplesBytes = samplesBytesOf({ width, height, channels, bitDepth });
  const { size, mtimeMs } = await stat(file);
  const display = size > samplesBytes ? await readDisplay(file, samplesBytes, size) : null;
  const shape = { width, height, channels, bitDepth, display };
  const pixels = { ...shape, path: file, samplesBytes, sizeBytes: size };
  return size < samplesBytes ? null : { key: name[1]!, usedAt: mtimeMs, file: pixels };
}

async function readDisplay(file: string, from: number, to: number): Promise<PictureDisplay> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(to - from), 0, to - from, from);
    return pictureDisplaySchema.parse(JSON.parse(buffer.toString('utf8', 0, bytesRead)));
  } finally {
    await handle.close();
  }
}
