import { ReadroomError } from '../../contract/errors.ts';

/** Formats this child decodes. */
export type PictureFormat = 'png' | 'jpeg' | 'tiff' | 'webp' | 'bmp';

export type Sniffed =
  | { kind: 'picture'; format: PictureFormat }
  /** A known picture format that is not decoded here. */
  | { kind: 'unsupported'; name: string }
  | { kind: 'other' };

const bmpHeaderSizes = new Set([12, 16, 40, 52, 56, 64, 108, 124]);

function starts(bytes: Buffer, offset: number, text: string): boolean {
  return (
    bytes.length >= offset + text.length && bytes.toString('latin1', offset, offset + text.length) === text
  );
}

function isHeif(bytes: Buffer): boolean {
  return (
    starts(bytes, 4, 'ftyp') && /^(heic|heix|hevc|mif1|msf1|avif|avis)/.test(bytes.toString('latin1', 8, 12))
  );
}

/** Tells a file's format by its first bytes; names and extensions say nothing. */
export function sniff(bytes: Buffer): Sniffed {
  if (starts(bytes, 0, '\x89PNG\r\n\x1a\n')) return { kind: 'picture', format: 'png' };
  if (starts(bytes, 0, '\xff\xd8\xff')) return { kind: 'picture', format: 'jpeg' };
  if (/^(II[*+]\0|MM\0[*+])/.test(bytes.toString('latin1', 0, 4))) return { kind: 'picture', format: 'tiff' };
  if (starts(bytes, 0, 'RIFF') && starts(bytes, 8, 'WEBP')) return { kind: 'picture', format: 'webp' };
  if (starts(bytes, 0, 'BM') && bytes.length >= 18 && bmpHeaderSizes.has(bytes.readUInt32LE(14))) {
    return { kind: 'picture', format: 'bmp' };
  }
  if (starts(bytes, 128, 'DICM')) return { kind: 'unsupported', name: 'DICOM' };
  if (starts(bytes, 0, 'GIF8')) return { kind: 'unsupported', name: 'GIF' };
  if (isHeif(bytes)) return { kind: 'unsupported', name: 'HEIF or AVIF' };
  if (starts(bytes, 0, '\0\0\0\x0cjP  ') || starts(bytes, 0, '\xff\x4f\xff\x51')) {
    return { kind: 'unsupported', name: 'JPEG 2000' };
  }
  if (starts(bytes, 0, '8BPS')) return { kind: 'unsupported', name: 'Photoshop' };
  if (starts(bytes, 344, 'n+1\0') || starts(bytes, 344, 'ni1\0'))
    return { kind: 'unsupported', name: 'NIfTI' };
  return { kind: 'other' };
}

/** The format by a file's first bytes. @throws ReadroomError `unsupportedFormat`, `notAnImage` */
export function requirePicture(bytes: Buffer): PictureFormat {
  const sniffed = sniff(bytes);
  if (sniffed.kind === 'picture') return sniffed.format;
  if (sniffed.kind === 'unsupported') {
    throw new ReadroomError(
      'unsupportedFormat',
      `The file is ${sniffed.name}, which is not read.`,
      sniffed.name === 'DICOM'
        ? 'DICOM import is not there yet: export the film as 16-bit PNG.'
        : 'Save it as PNG.',
    );
  }
  throw new ReadroomError(
    'notAnImage',
    'The file is not a picture, whatever its name says.',
    'PNG, JPEG, TIFF, WebP and BMP are read.',
  );
}
