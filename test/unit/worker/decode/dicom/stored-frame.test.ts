import { Context, NativeCodecs } from 'dcmjs-codecs';
import { beforeAll, describe, expect, it } from 'vitest';

import { openPart10 } from '../../../../../src/worker/decode/dicom/open-part10.ts';
import { readPixelModule } from '../../../../../src/worker/decode/dicom/pixel-module.ts';
import { frameReader } from '../../../../../src/worker/decode/dicom/stored-frame.ts';
import { tags } from '../../../../../src/worker/decode/dicom/tags.ts';
import {
  encodeRle,
  imageElements,
  writeDicom,
  type Elements,
  type ImageOptions,
  type Syntax,
} from '../../../../support/dicom-files.ts';
import { pattern } from '../../../../support/picture-files.ts';

/** Every frame as it is stored. */
async function stored(bytes: Buffer) {
  const part10 = openPart10(bytes);
  const pixel = readPixelModule(part10);
  const reader = frameReader(part10, pixel);
  return Promise.all(
    Array.from({ length: pixel.frames }, async (_, frame) => (await reader.read(frame)).samples),
  );
}

function signed16(values: number[]): number[] {
  return values.map((value) => value - 32768);
}

const size = { rows: 4, columns: 5 };
const uncompressed: Syntax[] = ['implicit', 'explicit', 'bigEndian', 'deflated'];

function image(
  options: ImageOptions,
  pixelData: Elements[number],
  more: Elements = [],
  syntax: Syntax = 'explicit',
) {
  return writeDicom([...imageElements(options), ...more, pixelData], { syntax });
}

describe('uncompressed samples come out as they went in', () => {
  it('8 and 16 bit, signed and unsigned, in every byte order, with and without file meta information', async () => {
    for (const syntax of uncompressed) {
      const eight = pattern(20);
      const eightFile = image(size, [tags.PixelData, 'OB', Buffer.from(eight)], [], syntax);
      expect(await stored(eightFile)).toEqual([Uint8Array.from(eight)]);
      const sixteen = pattern(20, 65535);
      const wide = { ...size, allocated: 16 };
      expect(await stored(image(wide, [tags.PixelData, 'OW', sixteen], [], syntax))).toEqual([
        Uint16Array.from(sixteen),
      ]);
      const negative = signed16(sixteen);
      const signedFile = image({ ...wide, signed: true }, [tags.PixelData, 'OW', negative], [], syntax);
      expect(await stored(signedFile)).toEqual([Int16Array.from(negative)]);
      if (syntax === 'deflated') continue;
      const bare = writeDicom([...imageElements(wide), [tags.PixelData, 'OW', sixteen]], {
        syntax,
        bare: true,
      });
      expect(await stored(bare)).toEqual([Uint16Array.from(sixteen)]);
    }
  });

  it('takes the bits above those that are used for nothing', async () => {
    const twelve = { ...size, allocated: 16, stored: 12 };
    const values = pattern(20, 4095);
    const dirty = values.map((value, i) => value + ((i % 16) << 12));
    expect(await stored(image(twelve, [tags.PixelData, 'OW', dirty]))).toEqual([Uint16Array.from(values)]);
    const negative = values.map((value) => value - 2048);
    const masked = negative.map((value) => value & 0xfff);
    const file = image({ ...twelve, signed: true }, [tags.PixelData, 'OW', masked]);
    expect(await stored(file)).toEqual([Int16Array.from(negative)]);
  });

  it('single bits, frames that begin within a byte, 32 bits, floating-point numbers', async () => {
    const bits = pattern(30, 1);
    const packed = Buffer.alloc(4);
    bits.forEach((bit, i) => (packed[i >> 3]! |= bit << (i & 7)));
    const single = image({ rows: 3, columns: 5, allocated: 1, frames: 2 }, [tags.PixelData, 'OB', packed]);
    expect(await stored(single)).toEqual([
      Uint8Array.from(bits.slice(0, 15)),
      Uint8Array.from(bits.slice(15)),
    ]);
    const large = pattern(20, 65535).map((value) => value * 60000);
    for (const syntax of uncompressed) {
      const file = image(
        { ...size, allocated: 32 },
        [tags.PixelData, 'OW', longWords(large, syntax)],
        [],
        syntax,
      );
      expect(await stored(file)).toEqual([Uint32Array.from(large)]);
    }
    const floats = pattern(20).map((value) => value / 7 - 10);
    const floatFile = image({ ...size, allocated: 32 }, [tags.FloatPixelData, 'OF', floats]);
    expect(await stored(floatFile)).toEqual([Float32Array.from(floats)]);
    const doubleFile = image(
      { ...size, allocated: 64 },
      [tags.DoubleFloatPixelData, 'OD', floats],
      [],
      'bigEndian',
    );
    expect(await stored(doubleFile)).toEqual([Float64Array.from(floats)]);
  });

  it('colours plane by plane, in pairs, and in big-endian words of two bytes', async () => {
    const colours = pattern(60);
    const rgb = { ...size, samples: 3, photometric: 'RGB' } as const;
    const planes = [0, 1, 2].flatMap((plane) => colours.filter((_, i) => i % 3 === plane));
    const planar = image(
      rgb,
      [tags.PixelData, 'OB', Buffer.from(planes)],
      [[tags.PlanarConfiguration, 'US', 1]],
    );
    expect(await stored(planar)).toEqual([Uint8Array.from(colours)]);
    const half = image({ rows: 1, columns: 4, samples: 3, photometric: 'YBR_FULL_422' }, [
      tags.PixelData,
      'OB',
      Buffer.from([1, 2, 100, 200, 3, 4, 101, 201]),
    ]);
    expect(await stored(half)).toEqual([Uint8Array.of(1, 100, 200, 2, 100, 200, 3, 101, 201, 4, 101, 201)]);
    const odd = pattern(18);
    const words = Buffer.from(odd).swap16();
    const swapped = image({ rows: 3, columns: 3, frames: 2 }, [tags.PixelData, 'OW', words], [], 'bigEndian');
    expect(await stored(swapped)).toEqual([Uint8Array.from(odd.slice(0, 9)), Uint8Array.from(odd.slice(9))]);
  });
});

function longWords(values: readonly number[], syntax: Syntax): Buffer {
  const bytes = Buffer.from(Uint32Array.from(values).buffer);
  return syntax === 'bigEndian' ? bytes.swap32() : bytes;
}

describe('compressed samples', () => {
  beforeAll(() => NativeCodecs.initializeAsync());

  it('RLE of one, two and four bytes, several frames', async () => {
    for (const bytes of [1, 2, 4] as const) {
      const highest = bytes === 1 ? 255 : 65535;
      const values = pattern(40, highest).map((value) => Math.floor(value / 3) * (bytes === 4 ? 60000 : 1));
      const typed = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array }[bytes];
      const frames = [typed.from(values.slice(0, 20)), typed.from(values.slice(20))];
      const fragments = frames.map((frame) => encodeRle(new Uint8Array(frame.buffer), 1, bytes));
      const options = { ...size, allocated: 8 * bytes, frames: 2 };
      expect(await stored(image(options, [tags.PixelData, 'OB', { fragments }], [], 'rle'))).toEqual(frames);
    }
    const colours = Uint8Array.from(pattern(60));
    const rgb = { ...size, samples: 3, photometric: 'RGB' } as const;
    const file = image(rgb, [tags.PixelData, 'OB', { fragments: [encodeRle(colours, 3, 1)] }], [], 'rle');
    expect(await stored(file)).toEqual([colours]);
  });

  const codecs = {
    jpegLossless: 'encodeJpeg',
    jpegLs: 'encodeJpegLs',
    jpeg2000: 'encodeJpeg2000',
    htJpeg2000: 'encodeHtJpeg2000',
  } as const;

  function encode(codec: keyof typeof codecs, raw: Uint8Array, bits: number, samples: 1 | 3): Buffer {
    const context = new Context({
      ...{ width: 32, height: 24, samplesPerPixel: samples, planarConfiguration: 0, pixelRepresentation: 0 },
      ...{
        bitsAllocated: bits,
        bitsStored: bits,
        photometricInterpretation: samples === 3 ? 'RGB' : 'MONOCHROME2',
      },
      decodedBuffer: raw,
    });
    return Buffer.from(NativeCodecs[codecs[codec]](context, { lossy: false }).getEncodedBuffer()!);
  }

  it('lossless JPEG, JPEG-LS, JPEG 2000 and HTJ2K: 8 and 16 bit grey, colour, frames of several fragments', async () => {
    const area = { rows: 24, columns: 32 };
    for (const syntax of Object.keys(codecs) as (keyof typeof codecs)[]) {
      const grey = Uint8Array.from(pattern(768));
      const eight = encode(syntax, grey, 8, 1);
      const halves = [eight.subarray(0, 100), eight.subarray(100)];
      const whole = image(area, [tags.PixelData, 'OB', { fragments: halves }], [], syntax);
      expect(await stored(whole), syntax).toEqual([grey]);
      const several = {
        fragments: [...halves, eight],
        offsets: [0, 8 * 2 + halves[0]!.length + evenLength(halves[1]!)],
      };
      const two = image({ ...area, frames: 2 }, [tags.PixelData, 'OB', several], [], syntax);
      expect(await stored(two), syntax).toEqual([grey, grey]);
      const byEnd = { fragments: several.fragments };
      const unlisted = image({ ...area, frames: 2 }, [tags.PixelData, 'OB', byEnd], [], syntax);
      expect(await stored(unlisted), syntax).toEqual([grey, grey]);
      const deep = Uint16Array.from(pattern(768, 65535));
      const fragments = [encode(syntax, new Uint8Array(deep.buffer), 16, 1)];
      const sixteen = image({ ...area, allocated: 16 }, [tags.PixelData, 'OB', { fragments }], [], syntax);
      expect(await stored(sixteen), syntax).toEqual([deep]);
      const colours = Uint8Array.from(pattern(768 * 3));
      const rgb = { ...area, samples: 3, photometric: 'RGB' } as const;
      const coloured = { fragments: [encode(syntax, colours, 8, 3)] };
      expect(await stored(image(rgb, [tags.PixelData, 'OB', coloured], [], syntax)), syntax).toEqual([
        colours,
      ]);
    }
  });

  it('a code stream of another size, depth or number of colours is refused before it is decoded', async () => {
    const fragments = [encode('jpeg2000', Uint8Array.from(pattern(768)), 8, 1)];
    for (const options of [
      { rows: 24, columns: 33 },
      { rows: 32, columns: 24 },
      { rows: 24, columns: 32, samples: 3, photometric: 'RGB' },
    ] as const) {
      const file = image(options, [tags.PixelData, 'OB', { fragments }], [], 'jpeg2000');
      await expect(stored(file)).rejects.toMatchObject({ code: 'damagedImage' });
    }
  });
});

function evenLength(bytes: Buffer): number {
  return bytes.length + (bytes.length % 2);
}
