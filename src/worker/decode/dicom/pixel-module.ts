import { ReadroomError } from '../../../contract/errors.ts';
import { checkSize } from '../picture.ts';
import { code, damaged, has, number, type DataSet } from './data-set.ts';
import { withoutPixels, type Part10 } from './open-part10.ts';
import { tags } from './tags.ts';

/** How the samples of a DICOM image are stored (PS3.3 C.7.6.3), checked against the limits. */
export interface PixelModule {
  rows: number;
  columns: number;
  samples: 1 | 3;
  photometric: string;
  isPlanar: boolean;
  /** Bits that a sample takes, and those of them that are used, from the lowest. */
  bitsAllocated: 1 | 8 | 16 | 32 | 64;
  bitsStored: number;
  isSigned: boolean;
  /** Samples are floating-point numbers of `bitsAllocated` bits. */
  isFloat: boolean;
  frames: number;
  /** The element that holds the samples. */
  tag: number;
}

/** Each frame becomes an image of its own. */
const mostFrames = 20_000;

/** What is decoded to be shown; others (HSV, ARGB, CMYK) were retired with the ACR-NEMA standard. */
const photometrics = new Set(
  'MONOCHROME1,MONOCHROME2,RGB,PALETTE COLOR,YBR_FULL,YBR_FULL_422,YBR_PARTIAL_422,YBR_PARTIAL_420,YBR_ICT,YBR_RCT'.split(
    ',',
  ),
);

function unsupported(message: string): ReadroomError {
  return new ReadroomError('unsupportedFormat', message, 'Export the image in another form, as 16-bit PNG.');
}

function required(dataSet: DataSet, tag: number, name: string): number {
  const value = number(dataSet, tag, 'US');
  if (value === null) throw damaged(`The header of the DICOM file does not say ${name}.`);
  return value;
}

function pixelTag(part10: Part10): number {
  const { dataSet } = part10;
  const tag = [tags.PixelData, tags.FloatPixelData, tags.DoubleFloatPixelData].find((at) => has(dataSet, at));
  if (tag === undefined) throw withoutPixels(part10);
  return tag;
}

function checkSyntax({ syntax, transferSyntaxUid }: Part10): void {
  if (syntax?.coding === null) throw unsupported(`The DICOM file holds ${syntax.name}, which is not read.`);
  if (!syntax && transferSyntaxUid !== '')
    throw unsupported(
      `The DICOM file has the transfer syntax ${transferSyntaxUid.slice(0, 64)}, which is not read.`,
    );
}

function allocated(bits: number): PixelModule['bitsAllocated'] {
  if (bits === 1 || bits === 8 || bits === 16 || bits === 32 || bits === 64) return bits;
  throw unsupported(`The DICOM file has samples of ${bits} bits; those of 1, 8, 16, 32 and 64 are read.`);
}

/**
 * Reads what the header says of the samples.
 * @throws ReadroomError `notAnImage`, `unsupportedFormat`, `damagedImage`, `imageTooLarge`, `truncatedImage`
 */
export function readPixelModule(part10: Part10): PixelModule {
  const { dataSet } = part10;
  const tag = pixelTag(part10);
  checkSyntax(part10);
  const rows = required(dataSet, tags.Rows, 'how many rows the image has');
  const columns = required(dataSet, tags.Columns, 'how many columns the image has');
  const samples = number(dataSet, tags.SamplesPerPixel, 'US') ?? 1;
  const isFloat = tag !== tags.PixelData;
  const bitsAllocated =
    tag === tags.FloatPixelData
      ? 32
      : tag === tags.DoubleFloatPixelData
        ? 64
        : allocated(required(dataSet, tags.BitsAllocated, 'how many bits a sample has'));
  const stored = number(dataSet, tags.BitsStored, 'US') ?? bitsAllocated;
  const photometric =
    code(dataSet, tags.PhotometricInterpretation) || (samples === 1 ? 'MONOCHROME2' : 'RGB');
  if (!photometrics.has(photometric))
    throw unsupported(
      `The DICOM file has the colours ${JSON.stringify(photometric.slice(0, 40))}, which are not read.`,
    );
  const isOneSample = photometric.startsWith('MONOCHROME') || photometric === 'PALETTE COLOR';
  if (samples !== (isOneSample ? 1 : 3))
    throw damaged(`The header says ${samples} samples a pixel for ${photometric}.`);
  if (stored < 1 || stored > bitsAllocated)
    throw damaged(`The header says that ${stored} of ${bitsAllocated} bits are used.`);
  checkSize(columns, rows, samples, Math.max(1, bitsAllocated / 8));
  const frames = Math.max(1, Math.floor(number(dataSet, tags.NumberOfFrames, 'DS') ?? 1));
  if (frames > mostFrames) {
    throw new ReadroomError(
      'imageTooLarge',
      `The header says ${frames} frames; ${mostFrames} are read at most.`,
      'Save the frames in several files.',
    );
  }
  return {
    rows,
    columns,
    samples,
    photometric,
    isPlanar: samples === 3 && number(dataSet, tags.PlanarConfiguration, 'US') === 1,
    bitsAllocated,
    bitsStored: isFloat ? bitsAllocated : stored,
    isSigned: number(dataSet, tags.PixelRepresentation, 'US') === 1,
    isFloat,
    frames,
    tag,
  };
}
