import sharp from 'sharp';

import { ReadroomError } from '../../contract/errors.ts';
import type { InputGeometry } from '../../contract/decode.ts';
import { fittedSize } from '../../core/input-geometry.ts';
import { plainMeaning } from '../../core/value-windows.ts';
import {
  decodeHere,
  decodeSamples,
  readHeader,
  type SharpFormat,
  type SourceHeader,
} from './decode-picture.ts';
import { fitInput, placeInput } from './fit-input.ts';
import type { OpenedFile } from './opened-file.ts';
import { collapseGrey, pixelSha256, releaseSamples, type Picture } from './picture.ts';
import { resizesAlike } from './resizes-alike.ts';
import type { Source } from './source.ts';
import { requirePicture, type PlainFormat } from './sniff.ts';
import { tiffPages } from './tiff-structure.ts';

/** What is known of a file from its import. */
export interface Imported {
  /** Which picture of the file. */
  frame: number;
  pixelSha256?: string | undefined;
  byteSha256?: string | undefined;
}

function changed(message: string): ReadroomError {
  return new ReadroomError(
    'fileChanged',
    message,
    'Put the imported picture back, or import the new one under another name.',
  );
}

/** Decodes a picture of a file; refuses it when it is no longer the one that was imported. */
export async function decodeImported(
  file: OpenedFile,
  frame: number,
  imported: string | undefined,
): Promise<Picture> {
  if (frame >= file.frames)
    throw changed(`The file holds ${file.frames} pictures by now, and not the one that was imported.`);
  const picture = await file.picture(frame);
  if (imported !== undefined && pixelSha256(picture) !== imported)
    throw changed('The file holds another picture than the one that was imported.');
  return picture;
}

/** Whether nothing but resizing lies between the file's samples and the input. */
function isPlain({ metadata, space }: SourceHeader, { channels, window }: InputGeometry): boolean {
  if (window !== undefined) return false;
  const { depth, hasAlpha, orientation = 1 } = metadata;
  if (depth !== 'uchar' || hasAlpha || orientation > 1) return false;
  return space === 'b-w' || (metadata.space === 'srgb' && channels === 3);
}

/** Decoding and resizing in one libvips pipeline, the picture never whole in memory. */
async function streamInput(
  bytes: Buffer,
  { width, height, space, options }: SourceHeader,
  geometry: InputGeometry,
): Promise<Uint8Array> {
  const inner = fittedSize({ width, height }, geometry);
  const resized = await sharp(bytes, options)
    // Cutting out everything keeps libvips from decoding at a smaller scale, which gives other values.
    .extract({ left: 0, top: 0, width, height })
    .resize({ ...inner, fit: 'fill', kernel: geometry.kernel })
    .toColourspace(space)
    .raw()
    .toBuffer();
  return placeInput(resized, { ...inner, channels: space === 'b-w' ? 1 : 3 }, geometry);
}

/** The input of a file that was decoded before; the same bytes as `fitInput` gives, in less time where that goes. */
async function inputOfKnown(
  bytes: Buffer,
  format: PlainFormat,
  geometry: InputGeometry,
): Promise<Uint8Array> {
  const here = decodeHere(bytes, format);
  if (here) return fitInput(here, geometry);
  const header = await readHeader(bytes, format as SharpFormat);
  const canStream =
    isPlain(header, geometry) && resizesAlike(header, fittedSize(header, geometry), geometry.kernel);
  // What is to be said of a file that fails here is the word of decoding it whole.
  const streamed = canStream ? await streamInput(bytes, header, geometry).catch(() => null) : null;
  if (streamed) return streamed;
  const picture = await decodeSamples(bytes, format as SharpFormat, header);
  // The values are the same either way: looking for grey among all samples is for what goes on with all of them.
  const input = await fitInput(geometry.kernel === 'nearest' ? picture : collapseGrey(picture), geometry);
  releaseSamples(picture, input);
  return input;
}

/** A picture of a format whose samples are values, which then need no explanation. */
function withValues(picture: Picture): Picture {
  return picture.display ? picture : { ...picture, display: { ...plainMeaning, windows: [], spacing: null } };
}

const hasPages = (bytes: Buffer, format: PlainFormat): boolean =>
  format === 'tiff' && tiffPages(bytes).length > 1;

/**
 * The uint8 network input of a picture of a file. A file of the bytes that were imported needs no comparison of its
 * pixels; every other one is decoded whole and compared, since resizing does not look at every row of a picture and
 * would pass over what is damaged in the others.
 * @throws ReadroomError `fileChanged`, `noPictureValues`, or why it cannot be decoded
 */
export async function readInput(
  source: Source,
  { frame, pixelSha256: imported, byteSha256 }: Imported,
  geometry: InputGeometry,
): Promise<Uint8Array> {
  const isKnown = byteSha256 !== undefined && source.byteSha256() === byteSha256;
  const format = requirePicture(source.bytes);
  if (isKnown && format !== 'dicom' && format !== 'nifti' && !hasPages(source.bytes, format))
    return inputOfKnown(source.bytes, format, geometry);
  const picture = await decodeImported(await source.open(), frame, isKnown ? undefined : imported);
  return fitInput(format === 'dicom' || format === 'nifti' ? withValues(picture) : picture, geometry);
}
