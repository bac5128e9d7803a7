import sharp, { type Metadata, type OutputInfo, type SharpOptions } from 'sharp';

import { ReadroomError } from '../../contract/errors.ts';
import { decodeBmp } from './bmp.ts';
import { generatedMark, imageDescription } from './exif.ts';
import { readJpegHeader } from './jpeg-header.ts';
import { maximumPixels } from './limits.ts';
import { checkSize, collapseGrey, flattenOnBlack, type Picture } from './picture.ts';
import { decodePlainPng } from './plain-png.ts';
import type { PlainFormat } from './sniff.ts';
import { endsEarly } from './structure.ts';

// One picture at a time, and only the four loaders that are meant: whatever else libvips could open is blocked.
sharp.cache(false);
sharp.concurrency(1);
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadPng', 'VipsForeignLoadJpeg', 'VipsForeignLoadTiff', 'VipsForeignLoadWebp'],
});

export interface Decoded {
  picture: Picture;
  /** The file says of itself that Readroom's sample generator wrote it. */
  generated: boolean;
  warnings: string[];
}

/** Formats that libvips reads. */
export type SharpFormat = Exclude<PlainFormat, 'bmp'>;

const formatNames: Record<PlainFormat, string> = {
  png: 'PNG',
  jpeg: 'JPEG',
  tiff: 'TIFF',
  webp: 'WebP',
  bmp: 'bitmap',
};

/** Colour spaces that are decoded, and the one that the samples are read in. */
const outputSpaces: Readonly<Record<string, 'b-w' | 'grey16' | 'srgb' | 'rgb16'>> = {
  'b-w': 'b-w',
  grey16: 'grey16',
  srgb: 'srgb',
  rgb: 'srgb',
  rgb16: 'rgb16',
  cmyk: 'srgb',
};

function refusal(error: unknown, format: SharpFormat, bytes: Buffer): ReadroomError {
  const reason = (error instanceof Error ? error.message : String(error))
    .replace(/\s*\n\s*/g, '; ')
    .slice(0, 300);
  const name = formatNames[format];
  if (/exceeds pixel limit/i.test(reason)) {
    return new ReadroomError(
      'imageTooLarge',
      `The ${name} has more than ${maximumPixels / 1e6} megapixels.`,
      'Save the picture at a smaller size.',
    );
  }
  if (/premature end|truncated/i.test(reason) || endsEarly(bytes, format)) {
    return new ReadroomError(
      'truncatedImage',
      `The ${name} ends before its picture is complete.`,
      'Copy the file again from where it came.',
    );
  }
  if (
    /unsupported|not supported|unimplemented|not built|no codec/i.test(reason) &&
    !/image format/.test(reason)
  ) {
    return new ReadroomError(
      'unsupportedFormat',
      `This kind of ${name} is not read: ${reason}.`,
      'Save it as PNG.',
    );
  }
  return new ReadroomError('damagedImage', `The ${name} is damaged: ${reason}.`, 'Save the picture again.');
}

function sampleBytes(depth: string, format: SharpFormat): 1 | 2 {
  if (depth === 'uchar') return 1;
  if (depth === 'ushort') return 2;
  throw new ReadroomError(
    'unsupportedFormat',
    `The ${formatNames[format]} holds ${depth} samples; unsigned 8-bit and 16-bit ones are read.`,
    'Floating-point, signed and 32-bit samples have no agreed black and white: save it as 16-bit grey.',
  );
}

function outputSpace(metadata: HeaderFacts, format: SharpFormat): 'b-w' | 'grey16' | 'srgb' | 'rgb16' {
  const space = outputSpaces[metadata.space];
  const alpha = metadata.hasAlpha ? 1 : 0;
  const expected = metadata.space === 'cmyk' ? 4 : space === 'b-w' || space === 'grey16' ? 1 : 3;
  if (space === undefined || metadata.channels - alpha !== expected) {
    throw new ReadroomError(
      'unsupportedFormat',
      `The ${formatNames[format]} has ${metadata.channels} channels in the colour space ${metadata.space}.`,
      'Save it as grey or RGB.',
    );
  }
  return space;
}

function asPicture(data: Buffer, info: OutputInfo, sixteenBit: boolean): Picture {
  const { width, height, channels } = info;
  const raw = sixteenBit
    ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2)
    : new Uint8Array(data.buffer, data.byteOffset, data.length);
  const flattenable = channels === 2 || channels === 4;
  const samples = !flattenable
    ? raw
    : raw instanceof Uint8Array
      ? flattenOnBlack(raw, channels)
      : flattenOnBlack(raw, channels);
  return {
    width,
    height,
    channels: channels <= 2 ? 1 : 3,
    bitDepth: sixteenBit ? 16 : 8,
    samples,
    display: null,
  };
}

/** What decoding needs to know beforehand. */
type HeaderFacts = Pick<
  Metadata,
  | 'width'
  | 'height'
  | 'pageHeight'
  | 'pages'
  | 'space'
  | 'channels'
  | 'depth'
  | 'hasAlpha'
  | 'orientation'
  | 'exif'
>;

/** What a file's header says, once it is clear that the file can be decoded. */
export interface SourceHeader {
  metadata: HeaderFacts;
  /** Of the first picture, before it is turned upright. */
  width: number;
  height: number;
  space: 'b-w' | 'grey16' | 'srgb' | 'rgb16';
  sixteenBit: boolean;
  /** What libvips is to decode it with. */
  options: SharpOptions;
}

async function headerFacts(bytes: Buffer, format: SharpFormat, base: SharpOptions): Promise<HeaderFacts> {
  const plain = format === 'jpeg' ? readJpegHeader(bytes) : null;
  if (plain)
    return { ...plain, space: plain.channels === 1 ? 'b-w' : 'srgb', depth: 'uchar', hasAlpha: false };
  return sharp(bytes, { ...base, limitInputPixels: false, limitInputChannels: false })
    .metadata()
    .catch((error: unknown) => {
      throw refusal(error, format, bytes);
    });
}

/**
 * Embedded colour profiles are left aside, as the usual Python readers do, except for CMYK, which has no
 * meaning without one (its own, else libvips' built-in).
 * @param page which page of a TIFF, counted from 0
 */
export async function readHeader(bytes: Buffer, format: SharpFormat, page = 0): Promise<SourceHeader> {
  // Unknown private tags in a TIFF are warnings to libtiff and no sign of damage.
  const base: SharpOptions = { failOn: format === 'tiff' ? 'error' : 'warning', pages: 1, page };
  const metadata = await headerFacts(bytes, format, base);
  // Band counts beyond colour and alpha are refused below; sizes are checked first.
  const { width } = metadata;
  const height = metadata.pageHeight ?? metadata.height;
  const bytesPerSample = sampleBytes(metadata.depth, format);
  checkSize(width, height, metadata.channels, bytesPerSample);
  const space = outputSpace(metadata, format);
  const ignoreIcc = metadata.space !== 'cmyk';
  const sixteenBit = bytesPerSample === 2 && (space === 'grey16' || space === 'rgb16');
  const options = { ...base, limitInputPixels: maximumPixels, ignoreIcc, autoOrient: true };
  return { metadata, width, height, space, sixteenBit, options };
}

/** All of a picture's samples; grey that is stored as colour stays colour. */
export async function decodeSamples(
  bytes: Buffer,
  format: SharpFormat,
  { space, sixteenBit, options }: SourceHeader,
): Promise<Picture> {
  const { data, info } = await sharp(bytes, options)
    .toColourspace(space)
    .raw({ depth: sixteenBit ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw refusal(error, format, bytes);
    });
  return asPicture(data, info, sixteenBit);
}

async function decodeWithSharp(bytes: Buffer, format: SharpFormat): Promise<Decoded> {
  const header = await readHeader(bytes, format);
  const { metadata } = header;
  const picture = await decodeSamples(bytes, format, header);
  const warnings: string[] = [];
  // Further pages of a TIFF are pictures of their own, or smaller copies of the first.
  if (format !== 'tiff' && (metadata.pages ?? 1) > 1)
    warnings.push(`Only the first of ${metadata.pages} pictures in the file is used.`);
  const block = format === 'tiff' ? bytes : (metadata.exif ?? Buffer.alloc(0));
  return { picture, generated: isGenerated(block), warnings };
}

/** Whether an EXIF block or a TIFF says that Readroom's sample generator wrote it. */
export const isGenerated = (block: Buffer): boolean =>
  imageDescription(block)?.startsWith(generatedMark) ?? false;

/** What needs no libvips: bitmaps, which it does not read, and small plain PNGs, for which it takes longer. */
export function decodeHere(bytes: Buffer, format: PlainFormat): Picture | null {
  const picture = format === 'bmp' ? decodeBmp(bytes) : format === 'png' ? decodePlainPng(bytes) : null;
  return picture && collapseGrey(picture);
}

/**
 * Decodes a file's bytes into upright samples without alpha. Limits are checked on the header first.
 * @throws ReadroomError of the "one image" group
 */
export async function decodePicture(bytes: Buffer, format: PlainFormat): Promise<Decoded> {
  const here = decodeHere(bytes, format);
  if (here) return { picture: here, generated: false, warnings: [] };
  const decoded = await decodeWithSharp(bytes, format as SharpFormat);
  return { ...decoded, picture: collapseGrey(decoded.picture) };
}
