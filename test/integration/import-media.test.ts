import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';

import { ensureInputs, inputFolder, readInput } from '../../src/engine/media/input-cache.ts';
import { ensureThumbnail } from '../../src/engine/media/thumbnails.ts';
import { openImportBench, type ImportBench } from '../support/import-project.ts';
import { greyPng, pattern } from '../support/picture-files.ts';

let bench: ImportBench | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});

interface Film {
  path: string;
  frame: number;
  pixelSha256: string;
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const size = 5;
const geometry = { size, channels: 1, fit: 'stretch', kernel: 'nearest' } as const;
const samples = (seed: number): number[] => pattern(25).map((sample) => (sample + seed * 11) % 256);

async function openFilms(count: number, options?: Parameters<typeof openImportBench>[0]) {
  bench = await openImportBench(options);
  const { data, pool, session } = bench;
  bench.write(
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}.png`, greyPng(5, 5, samples(i))])),
  );
  const images = await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const file = path.join(data, `${i}.png`);
      const { frame, pixelSha256 } = (await pool.inspect(file)).pictures[0]!;
      return { path: file, frame, pixelSha256 };
    }),
  );
  return { images, cacheFolder: path.join(session.folder, 'cache'), pool, geometry };
}

describe('input cache', () => {
  it('decodes each picture once, for good', async () => {
    const films = await openFilms(4);
    const twice = [...films.images, films.images[0]!];
    const first = await ensureInputs({ ...films, images: twice });
    expect(first.failed).toEqual([]);
    expect(first.slots[4]).toBe(first.slots[0]);
    for (const [i, slot] of first.slots.slice(0, 4).entries()) {
      expect([...(await readInput(first.file, slot, geometry))]).toEqual(samples(i));
    }
    const before = statSync(first.file).mtimeMs;
    expect((await ensureInputs({ ...films, images: twice })).slots).toEqual(first.slots);
    expect(statSync(first.file).mtimeMs).toBe(before);
  });

  it('keeps pictures and failures in their places over several commits of its index, also when it is stopped', async () => {
    const films = await openFilms(3);
    const [first, changed, last] = films.images as [Film, Film, Film];
    writeFileSync(changed.path, greyPng(5, 5, samples(9)));
    const known = [first, last].map(({ path: file, frame }) => ({
      path: file,
      frame,
      byteSha256: sha256(readFileSync(file)),
    }));
    // By the bytes, so many pictures may come from two files.
    const images = Array.from({ length: 700 }, (_, i) =>
      i === 300 ? changed : { ...known[i % 2]!, pixelSha256: i.toString(16).padStart(64, '0') },
    );
    const controller = new AbortController();
    const onProgress = (done: number): void => (done > 0 ? controller.abort() : undefined);
    await expect(
      ensureInputs({ ...films, images, signal: controller.signal, onProgress }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    const whole = await ensureInputs({ ...films, images });
    expect(whole.failed).toMatchObject([{ index: 300, error: { code: 'fileChanged' } }]);
    expect(whole.slots).toEqual(images.map((_, i) => (i === 300 ? -1 : i)));
    for (const i of [0, 255, 256, 299, 301, 512, 699])
      expect([...(await readInput(whole.file, i, geometry))]).toEqual(samples(i % 2 === 0 ? 0 : 2));
  });

  it('survives being cut off anywhere, and a foreign index', async () => {
    const films = await openFilms(4);
    const whole = await ensureInputs(films);
    const index = path.join(inputFolder(films.cacheFolder, geometry), 'index.txt');
    truncateSync(index, 2 * 65 + 30);
    truncateSync(whole.file, 25 + 7);
    const again = await ensureInputs(films);
    for (const [i, slot] of again.slots.entries()) {
      expect([...(await readInput(again.file, slot, geometry))]).toEqual(samples(i));
    }
    writeFileSync(index, 'garbage\n'.repeat(50));
    const third = await ensureInputs(films);
    for (const [i, slot] of third.slots.entries()) {
      expect([...(await readInput(third.file, slot, geometry))]).toEqual(samples(i));
    }
    expect(readFileSync(index, 'latin1')).toHaveLength(4 * 65);
  });

  it('never gives the pixels of a changed file, and goes on with the others', async () => {
    const films = await openFilms(3);
    writeFileSync(films.images[1]!.path, greyPng(5, 5, samples(77)));
    const { slots, failed } = await ensureInputs(films);
    expect(failed).toMatchObject([{ index: 1, error: { code: 'fileChanged' } }]);
    expect(slots).toEqual([0, -1, 2]);
    writeFileSync(films.images[1]!.path, greyPng(5, 5, samples(1)));
    const healed = await ensureInputs(films);
    expect([healed.failed, healed.slots]).toEqual([[], [0, 3, 2]]);
    expect([...(await readInput(healed.file, 3, geometry))]).toEqual(samples(1));
  });

  it('lets two callers fill the same cache at once', async () => {
    const films = await openFilms(6);
    const [a, b] = await Promise.all([
      ensureInputs({ ...films, images: films.images.slice(0, 4) }),
      ensureInputs({ ...films, images: films.images.slice(2).toReversed() }),
    ]);
    expect(new Set([...a.slots, ...b.slots]).size).toBe(6);
    expect([...(await readInput(b.file, b.slots[0]!, geometry))]).toEqual(samples(5));
  });
});

describe('thumbnails', () => {
  it('are made once and hold the picture', async () => {
    const { images, cacheFolder, pool } = await openFilms(1);
    const file = await ensureThumbnail(images[0]!, { cacheFolder, pool });
    const { format, width, height } = await sharp(file).metadata();
    expect([format, width, height]).toEqual(['webp', 5, 5]);
    appendFileSync(file, 'mark');
    await ensureThumbnail(images[0]!, { cacheFolder, pool });
    expect(readFileSync(file, 'latin1').endsWith('mark')).toBe(true);
  });
});

describe('decode pool', () => {
  it('replaces a child that hangs, and refuses only its picture', async () => {
    const { images, pool } = await openFilms(1, { pool: { size: 1, timeoutMs: 3000 } });
    const [stuck] = pool.pids();
    process.kill(stuck!, 'SIGSTOP');
    await expect(pool.inspect(images[0]!.path)).rejects.toMatchObject({ code: 'decodeTimeout' });
    expect(await pool.inspect(images[0]!.path)).toMatchObject({ pictures: [{ width: 5 }] });
    expect(pool.pids()).not.toContain(stuck);
  });

  it.skipIf(process.platform !== 'linux')('ends a child that takes too much memory', async () => {
    bench = await openImportBench({ pool: { size: 1, memoryLimitBytes: 1 } });
    bench.write({ 'a.png': greyPng(5, 5) });
    await expect(bench.pool.inspect(path.join(bench.data, 'a.png'))).rejects.toMatchObject({
      code: 'decodeOutOfMemory',
    });
  });

  it('does not blame a picture for a child that was killed while idle', async () => {
    const { images, pool } = await openFilms(1, { pool: { size: 1 } });
    const [pid] = pool.pids();
    process.kill(pid!, 'SIGKILL');
    await expect.poll(() => pool.pids()).not.toContain(pid);
    expect(await pool.inspect(images[0]!.path)).toMatchObject({ pictures: [{ width: 5 }] });
  });

  it('starts children ahead of calls, as many as these will need and no more than it may', async () => {
    bench = await openImportBench({ pool: { size: 3 } });
    const { pool } = bench;
    expect(pool.pids()).toEqual([]);
    pool.start(2);
    const two = pool.pids();
    expect(two).toHaveLength(2);
    pool.start(100);
    expect(pool.pids()).toEqual(expect.arrayContaining(two));
    expect(pool.pids()).toHaveLength(3);
    pool.start(1);
    bench.write({ 'a.png': greyPng(5, 5) });
    expect(await pool.inspect(path.join(bench.data, 'a.png'))).toMatchObject({ pictures: [{ width: 5 }] });
    expect(pool.pids()).toHaveLength(3);
  });

  it('ends calls in progress when it is closed or they are aborted', async () => {
    const { images, pool } = await openFilms(1, { pool: { size: 1 } });
    const controller = new AbortController();
    const aborted = pool.inspect(images[0]!.path, controller.signal);
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'cancelled' });
    const closing = expect(pool.inspect(images[0]!.path)).rejects.toMatchObject({ code: 'cancelled' });
    await pool.close();
    await closing;
  });
});
