import sharp from 'sharp';

import { ReadroomError } from '../../contract/errors.ts';
import { mostMaskValues } from '../../contract/decode.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { decodeIndexedPng } from './indexed-png.ts';
import { releaseSamples } from './picture.ts';
import { readPictureFile } from './source.ts';
import { requirePicture } from './sniff.ts';

/** What a mask's file holds. */
export interface ReadMask {
  width: number;
  height: number;
  /** The values that occur, ascending. */
  values: number[];
}

/** Formats that keep values as they are. */
const exact = ['png', 'tiff', 'bmp'];

/**
 * Reads a mask: one value for every pixel. Writes to `to` a byte for each, the place of its value among those that occur.
 *
 * @throws ReadroomError `unsupportedFormat` for what is no mask, and those of the "one image" group
 */
export async function readMask(path: string, to: string): Promise<ReadMask> {
  const source = readPictureFile(path);
  const format = requirePicture(source.bytes);
  if (!exact.includes(format)) {
    throw new ReadroomError(
      'unsupportedFormat',
      `A ${format} file is no mask: its values may not be what was saved.`,
      'Save the mask as PNG or TIFF.',
    );
  }
  const indexed = format === 'png' ? decodeIndexedPng(source.bytes) : null;
  if (indexed) return writePlaces(indexed, indexed.values, to);
  const picture = await (await source.open()).picture(0);
  if (picture.channels !== 1) {
    throw new ReadroomError(
      'unsupportedFormat',
      'It is a picture in colours, and a mask has one value for every pixel.',
      'Save the mask as grey or with a palette.',
    );
  }
  const read = await writePlaces(picture, picture.samples, to);
  releaseSamples(picture);
  return read;
}

async function writePlaces(
  { width, height }: { width: number; height: number },
  samples: Uint8Array | Uint16Array,
  to: string,
): Promise<ReadMask> {
  const isThere = new Uint8Array(65536);
  for (const value of samples) isThere[value] = 1;
  const values = [...isThere.keys()].filter((value) => isThere[value] === 1);
  if (values.length > mostMaskValues) {
    throw new ReadroomError(
      'unsupportedFormat',
      `It holds ${values.length} different values, as a picture does; a mask has a value for each class.`,
      'Give masks, not pictures.',
    );
  }
  const places = new Uint8Array(65536);
  values.forEach((value, place) => (places[value] = place));
  const bytes = new Uint8Array(width * height);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = places[samples[at]!]!;
  await writeFileWhole(to, bytes, { durable: false });
  return { width, height, values };
}

/** Writes a raw mask of one byte a pixel as a grey PNG. */
export async function writeMask(
  samples: Uint8Array,
  { width, height, to }: { width: number; height: number; to: string },
): Promise<void> {
  const png = await sharp(samples, { raw: { width, height, channels: 1 }, limitInputPixels: false })
    .toColourspace('b-w')
    .png({ compressionLevel: 6 })
    .toBuffer();
  await writeFileWhole(to, png);
}
