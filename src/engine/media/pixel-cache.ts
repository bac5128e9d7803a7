import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';

/** Samples of a picture as they lie in a file: rows top down, channels last, 16-bit ones little-endian. */
export interface PixelFile {
  path: string;
  width: number;
  height: number;
  channels: number;
  bitDepth: number;
  sizeBytes: number;
}

type Shape = Omit<PixelFile, 'path' | 'sizeBytes'>;

export interface PixelCache {
  find(key: string): Promise<PixelFile | null>;
  /** Lets `write` make the file, then removes the files that were longest not asked for, down to the limit. */
  add(key: string, write: (to: string) => Promise<Shape>): Promise<PixelFile>;
  /** Forgets a file that is gone. */
  drop(key: string): void;
}

/** Everything that is known of a file stands in its name, so that a file is there whole or not at all. */
const namePattern = /^([0-9a-f-]{36,64})\.(\d+)x(\d+)x(\d)x(\d+)\.raw$/;
const nameOf = (key: string, { width, height, channels, bitDepth }: Shape): string =>
  `${key}.${width}x${height}x${channels}x${bitDepth}.raw`;

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
        const shape = await write(temporary);
        const file = { ...shape, path: path.join(folder, nameOf(key, shape)), sizeBytes: 0 };
        await rename(temporary, file.path);
        file.sizeBytes = (await stat(file.path)).size;
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

/** What an earlier engine left, oldest use first; what it did not finish goes. */
async function scan(folder: string): Promise<Map<string, PixelFile>> {
  const found: { key: string; usedAt: number; file: PixelFile }[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const file = path.join(folder, name);
    const match = namePattern.exec(name);
    const facts = match && (await stat(file).catch(() => null));
    if (!match || !facts) {
      await rm(file, { recursive: true, force: true }).catch(() => undefined);
      continue;
    }
    const [width, height, channels, bitDepth] = match.slice(2).map(Number) as [
      number,
      number,
      number,
      number,
    ];
    found.push({
      key: match[1]!,
      usedAt: facts.mtimeMs,
      file: { path: file, width, height, channels, bitDepth, sizeBytes: facts.size },
    });
  }
  found.sort((a, b) => a.usedAt - b.usedAt);
  return new Map(found.map(({ key, file }) => [key, file]));
}
