import { constants, gunzipSync } from 'node:zlib';

import type { FileFormat } from '../../contract/decode.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { hasPreamble, looksLikeDicom } from './dicom/magic.ts';

/** Formats of one picture in colours or grey, without a word of what its samples measure. */
export type PlainFormat = Exclude<FileFormat, 'dicom' | 'nifti'>;

export type Sniffed =
  | { kind: 'picture'; format: FileFormat }
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

/** As much of a gzip file as its first 4 KB hold; empty for what is none. */
function unzippedHead(bytes: Buffer): Buffer {
  if (bytes.readUInt16BE(0) !== 0x1f8b) return Buffer.alloc(0);
  try {
    return gunzipSync(bytes.subarray(0, 4096), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0);
  }
}

/** NIfTI-1 and -2 in one file, by their magic (nifti1.h, nifti2.h). */
function isNifti(head: Buffer): boolean {
  return starts(head, 344, 'n+1\0') || starts(head, 4, 'n+2\0\r\n\x1a\n');
}

/** Tells a file's format by its first bytes; names and extensions say nothing. */
export function sniff(bytes: Buffer): Sniffed {
  if (starts(bytes, 0, '\x89PNG\r\n\x1a\n')) return { kind: 'picture', format: 'png' };
  if (starts(bytes, 0, '\xff\xd8\xff')) return { kind: 'picture', format: 'jpeg' };
  // The preamble may make a TIFF of it at the same time, with less in it.
  if (hasPreamble(bytes)) return { kind: 'picture', format: 'dicom' };
  if (/^(II[*+]\0|MM\0[*+])/.test(bytes.toString('latin1', 0, 4))) return { kind: 'picture', format: 'tiff' };
  if (starts(bytes, 0, 'RIFF') && starts(bytes, 8, 'WEBP')) return { kind: 'picture', format: 'webp' };
  if (starts(bytes, 0, 'BM') && bytes.length >= 18 && bmpHeaderSizes.has(bytes.readUInt32LE(14))) {
    return { kind: 'picture', format: 'bmp' };
  }
  if (starts(bytes, 0, 'GIF8')) return { kind: 'unsupported', name: 'GIF' };
  if (isHeif(bytes)) return { kind: 'unsupported', name: 'HEIF or AVIF' };
  if (starts(bytes, 0, '\0\0\0\x0cjP  ') || starts(bytes, 0, '\xff\x4f\xff\x51')) {
    return { kind: 'unsupported', name: 'JPEG 2000' };
  }
  if (starts(bytes, 0, '8BPS')) return { kind: 'unsupported', name: 'Photoshop' };
  if (isNifti(bytes) || (bytes.length > 18 && isNifti(unzippedHead(bytes))))
    return { kind: 'picture', format: 'nifti' };
  if (starts(bytes, 344, 'ni1\0')) return { kind: 'unsupported', name: 'NIfTI in two files' };
  if (looksLikeDicom(bytes)) return { kind: 'picture', format: 'dicom' };
  return { kind: 'other' };
}

export const formatsRead = 'PNG, JPEG, TIFF, WebP, BMP, DICOM and NIfTI are read.';

/** The format by a file's first bytes. @throws ReadroomError `unsupportedFormat`, `notAnImage` */
export function requirePicture(bytes: Buffer): FileFormat {
  const sniffed = sniff(bytes);
  if (sniffed.kind === 'picture') return sniffed.format;
  if (sniffed.kind === 'unsupported') {
    throw new ReadroomError(
      'unsupportedFormat',
      `The file is ${sniffed.name}, which is not read.`,
      sniffed.name.startsWith('NIfTI') ? 'Save it as one .nii file.' : 'Save it as PNG.',
    );
  }
  throw new ReadroomError('notAnImage', 'The file is not a picture, whatever its name says.', formatsRead);
}
