import { mkdtempSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { beforeEach, expect, it } from 'vitest';

import type { PictureDisplay } from '../../../../src/contract/decode.ts';
import { createPixelCache, type PixelCache } from '../../../../src/engine/media/pixel-cache.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'readroom-pixels-'));
});

const key = (n: number): string => String(n).padStart(64, '0');
const add = (cache: PixelCache, n: number, bytes = 100, display: PictureDisplay | null = null) =>
  cache.add(key(n), async (to) => {
    await writeFile(to, Buffer.alloc(bytes));
    return { width: bytes, height: 1, channels: 1, bitDepth: 8, display };
  });
const inHounsfield: PictureDisplay = {
  slope: 1,
  intercept: -1024,
  unit: 'HU',
  windows: [{ name: 'Weichteil µ', low: -160, high: 240, curve: 'linear' }],
  spacing: { row: 0.7, column: 0.7, at: 'patient' },
};
const held = () => readdirSync(folder).map((name) => Number(name.slice(0, 64)));

it('removes what was longest not asked for, and never the newest', async () => {
  const cache = createPixelCache(folder, 300);
  for (const n of [1, 2, 3]) await add(cache, n);
  expect(await cache.find(key(1))).toMatchObject({ width: 100, sizeBytes: 100 });
  await add(cache, 4);
  expect(held()).toEqual([1, 3, 4]);
  expect(await cache.find(key(2))).toBeNull();
  await add(cache, 5, 1000);
  expect(held()).toEqual([5]);
});

it('knows after a restart what it holds and what was used last, and clears away what is none of it', async () => {
  const before = createPixelCache(folder, 300);
  for (const n of [1, 2, 3]) {
    const { path: file } = await add(before, n);
    utimesSync(file, n, n);
  }
  await before.find(key(1));
  writeFileSync(path.join(folder, 'half.part'), 'half');
  const after = createPixelCache(folder, 300);
  expect(await after.find(key(3))).toMatchObject({ width: 100, height: 1, channels: 1, bitDepth: 8 });
  await add(after, 4);
  expect(held()).toEqual([1, 3, 4]);
});

it('gives no file that is gone, and leaves nothing of one that could not be written', async () => {
  const cache = createPixelCache(folder, 300);
  const { path: file } = await add(cache, 1);
  rmSync(file);
  expect(await cache.find(key(1))).toBeNull();
  const failing = cache.add(key(2), async (to) => {
    await writeFile(to, 'half');
    throw new Error('the disk is full');
  });
  await expect(failing).rejects.toThrow('full');
  expect(readdirSync(folder)).toEqual([]);
});

it('keeps what samples mean behind them, also over a restart, and drops a file that is not whole', async () => {
  const before = createPixelCache(folder, 10_000);
  const added = await add(before, 1, 100, inHounsfield);
  expect(added).toMatchObject({ samplesBytes: 100, display: inHounsfield });
  expect(added.sizeBytes).toBeGreaterThan(100);
  await add(before, 2);
  const { path: short } = await add(before, 3);
  truncateSync(short, 99);
  const { path: torn } = await add(before, 4, 100, inHounsfield);
  truncateSync(torn, 120);
  const after = createPixelCache(folder, 10_000);
  expect(await after.find(key(1))).toEqual(added);
  expect(await after.find(key(2))).toMatchObject({ samplesBytes: 100, sizeBytes: 100, display: null });
  expect(await after.find(key(3))).toBeNull();
  expect(await after.find(key(4))).toBeNull();
  expect(held()).toEqual([1, 2]);
});
