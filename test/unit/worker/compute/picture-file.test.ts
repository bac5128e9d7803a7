import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { createRandom } from '../../../../src/core/random.ts';
import { cutTile, tileNumbers, wholeEdge } from '../../../../src/core/tiles.ts';
import { openPictureFile, type PictureFile } from '../../../../src/worker/compute/picture-file.ts';

const tiles = { edge: 8, grid: 3 };
const [size, channels, slots] = [wholeEdge(tiles), 3, 2];
const bytes = size * size * channels;
const random = createRandom(3, 'picture file');
const content = Uint8Array.from({ length: slots * bytes }, () => random.integer(256));

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'readroom-pictures-'));
  file = join(folder, 'pixels.u8');
  await writeFile(file, content);
});
afterAll(() => rm(folder, { recursive: true }));

const missing = (slot: number | null): Error => new Error(`missing ${slot}`);

async function opened<T>(by: 'tiles' | 'pictures', use: (pictures: PictureFile) => Promise<T>): Promise<T> {
  const pictures = await openPictureFile(
    file,
    { size, channels, tiles: by === 'tiles' ? tiles : null },
    missing,
  );
  return use(pictures).finally(() => pictures.close());
}

it('gives tiles by their numbers, in the order asked for, the last of the file too', async () => {
  const numbers = tileNumbers([1, 0], tiles);
  const read = await opened('tiles', (pictures) => pictures.read(numbers));
  const expected = numbers.flatMap((number) => {
    const slot = Math.floor(number / 9);
    return [...cutTile(content.subarray(slot * bytes, (slot + 1) * bytes), tiles, channels, number % 9)];
  });
  expect([...read]).toEqual(expected);
});

it('gives whole pictures, whether or not they are cut', async () => {
  const expected = [...content.subarray(bytes), ...content.subarray(0, bytes)];
  expect([...(await opened('tiles', (pictures) => pictures.readWhole([1, 0])))]).toEqual(expected);
  expect([...(await opened('pictures', (pictures) => pictures.read([1, 0])))]).toEqual(expected);
});

it('tells which slot the file does not reach', async () => {
  await expect(opened('tiles', (pictures) => pictures.read([slots * 9]))).rejects.toThrow('missing 2');
  await expect(opened('pictures', (pictures) => pictures.read([slots]))).rejects.toThrow('missing 2');
  const nowhere = openPictureFile(join(folder, 'none'), { size, channels, tiles }, missing);
  await expect(nowhere).rejects.toThrow('missing null');
});
