import { inflateRawSync, constants } from 'node:zlib';

import { ReadroomError } from '../../../contract/errors.ts';
import { formatsRead } from '../sniff.ts';
import { code, damaged, has, readDataSet, truncated, type DataSet } from './data-set.ts';
import { hasPreamble, isLittleEndian, preambleBytes } from './magic.ts';
import { tags } from './tags.ts';
import { transferSyntaxes, type TransferSyntax } from './transfer-syntaxes.ts';

/** A DICOM file's data set, its syntax known. */
export interface Part10 {
  dataSet: DataSet;
  /** '' where the file does not say. */
  transferSyntaxUid: string;
  syntax: TransferSyntax | null;
}

/** Inflating takes twice as much memory for a moment. */
const mostInflated = 320 * 1024 * 1024;

function inflate(bytes: Buffer): Buffer {
  try {
    return inflateRawSync(bytes, { maxOutputLength: mostInflated, finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ReadroomError(
        'imageTooLarge',
        `The file inflates to more than ${mostInflated / 1024 / 1024} MB.`,
        'Save the images uncompressed, in several files.',
      );
    }
    throw damaged('The deflated part of the DICOM file is damaged.');
  }
}

function readMeta(bytes: Buffer): { uid: string; start: number } {
  let end = hasPreamble(bytes) ? preambleBytes : 0;
  const start = end;
  // The group's own length is not to be trusted: its end is where another group begins.
  while (end + 8 <= bytes.length && bytes.readUInt16LE(end) === 2) {
    const next = readDataSet(bytes, { start: end, end: elementEnd(bytes, end) }, true).end;
    if (next <= end) break;
    end = next;
  }
  const meta = readDataSet(bytes, { start, end }, true);
  return { uid: code(meta, tags.TransferSyntaxUID), start: end };
}

function elementEnd(bytes: Buffer, at: number): number {
  const vr = bytes.toString('latin1', at + 4, at + 6);
  const isLong = vr === 'OB' || vr === 'UN';
  if (isLong && at + 12 > bytes.length) return bytes.length;
  const length = isLong
    ? 12 + bytes.readUInt32LE(at + 8)
    : /^[A-Z]{2}$/.test(vr)
      ? 8 + bytes.readUInt16LE(at + 6)
      : 8 + bytes.readUInt32LE(at + 4);
  return Math.min(bytes.length, at + length);
}

/** What is no image, by its SOP class, for the sentence that refuses it. */
const kinds: readonly (readonly [RegExp, string])[] = [
  [/^1\.2\.840\.10008\.1\.3\.10$/, 'a directory of DICOM files (DICOMDIR)'],
  [/^1\.2\.840\.10008\.5\.1\.4\.1\.1\.88\./, 'a structured report'],
  [/^1\.2\.840\.10008\.5\.1\.4\.1\.1\.11\./, 'a presentation state'],
  [/^1\.2\.840\.10008\.5\.1\.4\.1\.1\.9\./, 'a waveform'],
  [/^1\.2\.840\.10008\.5\.1\.4\.1\.1\.481\.3$/, 'a set of radiotherapy contours'],
  [/^1\.2\.840\.10008\.5\.1\.4\.1\.1\.481\./, 'a radiotherapy plan or record'],
  [/^1\.2\.840\.10008\.5\.1\.4\.1\.1\.66/, 'a registration, segmentation surface or raw data'],
  [/^1\.2\.840\.10008\.5\.1\.4\.1\.1\.104\./, 'a document'],
];

/** The refusal of a data set that has no pixel data. */
export function withoutPixels({ dataSet }: Part10): ReadroomError {
  if (dataSet.isCut) return truncated();
  const sopClass = code(dataSet, tags.SOPClassUID);
  if (has(dataSet, tags.EncapsulatedDocument)) {
    return new ReadroomError(
      'unsupportedFormat',
      'The DICOM file holds a document, not an image.',
      'Export its pages as pictures.',
    );
  }
  const isDirectory = has(dataSet, tags.DirectoryRecordSequence);
  const kind = isDirectory ? kinds[0]![1] : kinds.find(([pattern]) => pattern.test(sopClass))?.[1];
  return new ReadroomError(
    'notAnImage',
    kind === undefined ? 'The DICOM file holds no image.' : `The DICOM file is ${kind} and holds no image.`,
    isDirectory
      ? 'The files beside it are imported by themselves: name their folder.'
      : 'Give the files of the images.',
  );
}

/**
 * Reads a DICOM file up to the places of its elements, whether or not it has a preamble and file meta information.
 * @throws ReadroomError `notAnImage`, `damagedImage`, `imageTooLarge`
 */
export function openPart10(bytes: Buffer): Part10 {
  const { uid, start } = readMeta(bytes);
  const syntax = transferSyntaxes[uid] ?? null;
  const content = syntax?.deflated ? inflate(bytes.subarray(start)) : bytes.subarray(start);
  const littleEndian = isLittleEndian(content, 0);
  const dataSet = readDataSet(content, { start: 0, end: content.length }, littleEndian);
  const isDicom =
    hasPreamble(bytes) || uid !== '' || has(dataSet, tags.SOPClassUID) || has(dataSet, tags.PixelData);
  if (!isDicom) {
    throw new ReadroomError('notAnImage', 'The file is not a picture, whatever its name says.', formatsRead);
  }
  return { dataSet, transferSyntaxUid: uid, syntax };
}
