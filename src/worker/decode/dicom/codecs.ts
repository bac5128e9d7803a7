import type { Context, NativeCodecs as Codecs } from 'dcmjs-codecs';

import type { Coding } from './transfer-syntaxes.ts';
import { damaged } from './data-set.ts';

export type Compressed = Exclude<Coding, 'native' | 'rle'>;

/** What a code stream is to be decoded into. */
export interface Layout {
  width: number;
  height: number;
  samples: number;
  bitsAllocated: number;
  bitsStored: number;
  isSigned: boolean;
  photometric: string;
}

type Decode = (codecs: typeof Codecs, context: Context) => Context;

/** Colours stay as they are coded: what they mean is read elsewhere. */
const decoders: Readonly<Record<Compressed, Decode>> = {
  jpeg: (codecs, context) => codecs.decodeJpeg(context, { convertColorspaceToRgb: false }),
  jpegLs: (codecs, context) => codecs.decodeJpegLs(context),
  jpeg2000: (codecs, context) => codecs.decodeJpeg2000(context),
  htJpeg2000: (codecs, context) => codecs.decodeHtJpeg2000(context),
};

/**
 * Decodes a code stream whose header fits the layout.
 * @returns samples last, each of one or two bytes, little-endian, as many bits as are allocated
 * @throws ReadroomError `damagedImage`
 */
export async function decodeCodeStream(
  bytes: Buffer,
  coding: Compressed,
  layout: Layout,
): Promise<Uint8Array> {
  // A fiftieth of a second to load, for compressed DICOM only.
  const { Context, NativeCodecs, log } = (await import('dcmjs-codecs')).default;
  log.setLevel('silent', false);
  if (!NativeCodecs.isInitialized()) await NativeCodecs.initializeAsync();
  const { width, height, samples, bitsAllocated, bitsStored, isSigned, photometric } = layout;
  const context = new Context({
    width,
    height,
    samplesPerPixel: samples,
    bitsAllocated,
    bitsStored,
    pixelRepresentation: isSigned ? 1 : 0,
    planarConfiguration: 0,
    photometricInterpretation: photometric,
    encodedBuffer: bytes,
  });
  try {
    const decoded = decoders[coding](NativeCodecs, context).getDecodedBuffer();
    if (!decoded) throw new Error('no samples');
    return decoded;
  } catch (error) {
    // What failed may have left the codecs' memory in any state.
    NativeCodecs.release();
    const reason = error instanceof Error ? error.message.split('::').at(-1)!.trim().slice(0, 200) : '';
    throw damaged(`The compressed picture in the DICOM file is damaged: ${reason || 'unknown reason'}.`);
  }
}
