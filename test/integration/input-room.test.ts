import { existsSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import type { InputGeometry } from '../../src/contract/decode.ts';
import { ensureInputs, holdsInputs, inputFolder, readInput } from '../../src/engine/media/input-cache.ts';
import { clearInputs, holdInputs, noteInputsUse, sizeOfInputs } from '../../src/engine/media/input-room.ts';
import { createProject } from '../../src/engine/project/session.ts';
import { openImportBench, type ImportBench } from '../support/import-project.ts';
import { greyPng, pattern } from '../support/picture-files.ts';

let bench: ImportBench | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});

const films = 4;
const geometryOf = (size: number): InputGeometry => ({ size, channels: 1, fit: 'stretch', kernel: 'linear' });
/** Pixels and index. */
const bytesOf = (size: number): number => films * (size * size + 65);

async function openCache() {
  bench = await openImportBench();
  const { data, pool, session } = bench;
  const names = Array.from({ length: films }, (_, i) => `${i}.png`);
  bench.write(
    Object.fromEntries(
      names.map((name, i) => [
        name,
        greyPng(
          20,
          20,
          pattern(400).map((value) => (value + i) % 256),
        ),
      ]),
    ),
  );
  const images = await Promise.all(
    names.map(async (name) => {
      const file = path.join(data, name);
      const { file: facts, pictures } = await pool.inspect(file);
      const { frame, pixelSha256 } = pictures[0]!;
      return { path: file, frame, pixelSha256, byteSha256: facts.byteSha256 };
    }),
  );
  const cacheFolder = path.join(session.folder, 'cache');
  const folderOf = (size: number): string => inputFolder(cacheFolder, geometryOf(size));
  return {
    cacheFolder,
    folderOf,
    fill: (size: number, limitBytes: number, inUse: number[] = []) =>
      ensureInputs({
        ...{ images, cacheFolder, pool, geometry: geometryOf(size) },
        bound: { limitBytes: () => Promise.resolve(limitBytes), inUse: () => inUse.map(folderOf) },
      }),
    /** As if it had last been used so many hours ago. */
    age(size: number, hours: number) {
      const then = new Date(Date.now() - hours * 3_600_000);
      utimesSync(path.join(folderOf(size), 'index.txt'), then, then);
    },
    standing: () => [10, 11, 12, 13].filter((size) => existsSync(path.join(folderOf(size), 'pixels.u8'))),
    async isWhole(size: number) {
      const { file, slots } = await ensureInputs({ images, cacheFolder, pool, geometry: geometryOf(size) });
      const rows = slots.map((slot, i) => ({ slot, pixelSha256: images[i]!.pixelSha256 }));
      return holdsInputs(file, geometryOf(size), rows);
    },
  };
}

describe('the room that prepared pictures take', () => {
  it('is told, and cleared but for what is read and what runs are to find', async () => {
    const cache = await openCache();
    expect(await sizeOfInputs(cache.cacheFolder)).toBe(0);
    for (const size of [10, 11, 12]) await cache.fill(size, Infinity);
    expect(await sizeOfInputs(cache.cacheFolder)).toBe(bytesOf(10) + bytesOf(11) + bytesOf(12));
    const release = holdInputs(cache.folderOf(10));
    const bound = { limitBytes: () => Promise.resolve(Infinity), inUse: () => [cache.folderOf(12)] };
    expect(await clearInputs(cache.cacheFolder, bound)).toEqual({
      removedBytes: bytesOf(11),
      keptBytes: bytesOf(10) + bytesOf(12),
    });
    expect(cache.standing()).toEqual([10, 12]);
    expect(await cache.isWhole(12)).toBe(true);
    release();
  });

  it('is made by what was not used for longest, when a new geometry would exceed it', async () => {
    const cache = await openCache();
    const limit = bytesOf(10) + bytesOf(11) + bytesOf(12);
    for (const size of [10, 11, 12]) await cache.fill(size, limit);
    expect(cache.standing()).toEqual([10, 11, 12]);
    cache.age(10, 3);
    cache.age(11, 2);
    cache.age(12, 1);
    // Used again without being filled: it is the newest then.
    await noteInputsUse(cache.folderOf(10));
    await cache.fill(13, limit);
    expect(cache.standing()).toEqual([10, 13]);
    expect(existsSync(cache.folderOf(11))).toBe(false);
    expect(await cache.isWhole(10)).toBe(true);
  });

  it('is not made when everything stands already', async () => {
    const cache = await openCache();
    for (const size of [10, 11]) await cache.fill(size, Infinity);
    await cache.fill(11, 0);
    expect(cache.standing()).toEqual([10, 11]);
  });

  it('is never made by what a run needs or someone reads, even above the limit', async () => {
    const cache = await openCache();
    for (const size of [10, 11, 12]) await cache.fill(size, Infinity);
    const release = holdInputs(cache.folderOf(11));
    await cache.fill(13, 0, [10]);
    expect(cache.standing()).toEqual([10, 11, 13]);
    release();
    release();
    rmSync(cache.folderOf(13), { recursive: true });
    await cache.fill(13, 0, [10]);
    expect(cache.standing()).toEqual([10, 13]);
  });

  it('leaves nothing wrong when it is cut short between two files', async () => {
    const cache = await openCache();
    for (const size of [10, 11]) await cache.fill(size, Infinity);
    rmSync(path.join(cache.folderOf(10), 'index.txt'));
    rmSync(path.join(cache.folderOf(11), 'index.txt'));
    expect(await cache.isWhole(10)).toBe(true);
    // What is left of the other counts, and goes first.
    await cache.fill(12, bytesOf(10) + bytesOf(12));
    expect(cache.standing()).toEqual([10, 12]);
  });

  it('is safe from fillings at the same time, each of which would remove the other', async () => {
    const cache = await openCache();
    await Promise.all([10, 11, 12, 13, 10, 12].map((size) => cache.fill(size, 1)));
    for (const size of cache.standing()) {
      expect(statSync(path.join(cache.folderOf(size), 'pixels.u8')).size).toBe(films * size * size);
      expect(await cache.isWhole(size)).toBe(true);
    }
    const { file, slots } = await cache.fill(11, 1);
    expect(new Set((await readInput(file, slots[1]!, geometryOf(11))).values()).size).toBeGreaterThan(50);
    expect(readdirSync(path.dirname(cache.folderOf(11))).length).toBeGreaterThan(0);
  });

  it('is what the user set, also for a project that was open before, and 20 GB else', async () => {
    bench = await openImportBench();
    expect(await bench.session.inputLimitBytes()).toBe(20e9);
    let gigabytes = 5;
    const folder = path.join(bench.data, 'project');
    const options = {
      program: 'test',
      lockWaitMs: 0,
      inputLimitBytes: () => Promise.resolve(gigabytes * 1e9),
    };
    const session = await createProject({ path: folder }, options);
    gigabytes = 7;
    expect(await session.inputLimitBytes()).toBe(7e9);
    session.close();
  });
});
