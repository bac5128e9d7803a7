import { readFile } from 'node:fs/promises';

import sharp from 'sharp';

import { writeFileWhole } from '../../files/durable.ts';
import type { Picture } from './picture.ts';

export interface WritePicturesRequest {
  readonly from: string;
  readonly size: number;
  readonly channels: 1 | 3;
  readonly to: readonly string[];
}

/** A picture's samples as a file: rows top down, channels last, 16-bit ones in the byte order of every platform Node runs on. */
export async function writeSamples(picture: Picture, to: string): Promise<void> {
  const { samples } = picture;
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  await writeFileWhole(to, bytes, { durable: false });
}

/** Writes raw 8-bit pictures of one size as lossless WebP files: what a network sees, to the last value. */
export async function writePictures(request: WritePicturesRequest): Promise<void> {
  const { from, size, channels, to } = request;
  const raw = await readFile(from);
  const pictureBytes = size * size * channels;
  if (raw.length !== pictureBytes * to.length)
    throw new Error(`${raw.length} bytes are not ${to.length} pictures of ${size}×${size}×${channels}`);
  for (const [index, file] of to.entries()) {
    const samples = raw.subarray(index * pictureBytes, (index + 1) * pictureBytes);
    const webp = await sharp(samples, { raw: { width: size, height: size, channels } })
      .webp({ lossless: true, effort: 2 })
      .toBuffer();
    await writeFileWhole(file, webp, { durable: false });
  }
}
