import { Context, NativeCodecs } from 'dcmjs-codecs';
import { beforeAll, describe, expect, it } from 'vitest';

import { tags } from '../../../../../src/worker/decode/dicom/tags.ts';
import { sourceOf } from '../../../../../src/worker/decode/source.ts';
import { busyMs } from '../../../../support/busy-time.ts';
import {
  encodeRle,
  imageElements,
  writeDicom,
  writeElements,
  type Elements,
  type ImageOptions,
  type Syntax,
} from '../../../../support/dicom-files.ts';
import { pattern } from '../../../../support/picture-files.ts';

const size = { rows: 16, columns: 12 };
const count = 16 * 12;

/** What becomes of all the file's frames: shown, or refused with a code; anything else is thrown. */
async function outcome(bytes: Buffer): Promise<string> {
  try {
    const file = await sourceOf(bytes).open();
    for (let frame = 0; frame < Math.min(file.frames, 16); frame += 1) {
      await file.picture(frame);
      file.position(frame);
    }
    return 'shown';
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined || (error as Error).name !== 'ReadroomError') throw error;
    return code;
  }
}

function image(options: Partial<ImageOptions>, more: Elements, syntax: Syntax = 'explicit'): Buffer {
  return writeDicom([...imageElements({ ...size, ...options }), ...more], { syntax });
}

const plain: Elements = [[tags.PixelData, 'OB', Buffer.from(pattern(count))]];

/** One file of each way to write pixels, with sequences and windows around them. */
async function samplesOfAllKinds(): Promise<Buffer[]> {
  await NativeCodecs.initializeAsync();
  const around: Elements = [
    [tags.WindowCenter, 'DS', '100'],
    [tags.WindowWidth, 'DS', '50'],
    [
      tags.SharedFunctionalGroupsSequence,
      'SQ',
      {
        items: [[[tags.PixelMeasuresSequence, 'SQ', { items: [[[tags.PixelSpacing, 'DS', '1\\1']]] }]]],
        isOpen: true,
      },
    ],
  ];
  const context = (bytes: Uint8Array): Context =>
    new Context({
      ...{ width: 12, height: 16, samplesPerPixel: 1, planarConfiguration: 0, pixelRepresentation: 0 },
      ...{ bitsAllocated: 8, bitsStored: 8, photometricInterpretation: 'MONOCHROME2', decodedBuffer: bytes },
    });
  const raw = Uint8Array.from(pattern(count));
  const fragment = (encoded: Context): Elements => [
    ...around,
    [tags.PixelData, 'OB', { fragments: [Buffer.from(encoded.getEncodedBuffer()!)] }],
  ];
  const rle: Elements = [[tags.PixelData, 'OB', { fragments: [encodeRle(raw, 1, 1)] }]];
  const uncompressed: Syntax[] = ['implicit', 'explicit', 'bigEndian', 'deflated'];
  return [
    ...uncompressed.map((syntax) => image({}, [...around, ...plain], syntax)),
    image({}, [...around, ...rle], 'rle'),
    image({}, fragment(NativeCodecs.encodeJpeg(context(raw), { lossy: true })), 'jpegBaseline'),
    image({}, fragment(NativeCodecs.encodeJpeg(context(raw), { lossy: false })), 'jpegLossless'),
    image({}, fragment(NativeCodecs.encodeJpegLs(context(raw), { lossy: false })), 'jpegLs'),
    image({}, fragment(NativeCodecs.encodeJpeg2000(context(raw), { lossy: false })), 'jpeg2000'),
    image({}, fragment(NativeCodecs.encodeHtJpeg2000(context(raw), { lossy: false })), 'htJpeg2000'),
  ];
}

describe('every broken DICOM file is shown or refused with a code', () => {
  let files: Buffer[];
  beforeAll(async () => {
    files = await samplesOfAllKinds();
  });

  it('whole ones are shown', async () => {
    for (const file of files) expect(await outcome(file)).toBe('shown');
  });

  it('cut off anywhere', async () => {
    for (const [kind, file] of files.entries()) {
      for (let length = 140; length < file.length - 16; length += 1 + Math.floor(file.length / 60)) {
        const said = await outcome(file.subarray(0, length));
        // JPEG decoders make up what is missing, and a cut deflate stream may hold every sample.
        expect(said, `${kind} at ${length}`).toMatch(/^(truncatedImage|damagedImage|notAnImage)$/);
      }
    }
  }, 30_000);

  it('with bytes overwritten, and lengths, three hundred times', async () => {
    const draws = pattern(files.length * 30 * 2, 65535);
    let draw = 0;
    for (const file of files) {
      for (let round = 0; round < 30; round += 1) {
        const damaged = Buffer.from(file);
        const at = 128 + (draws[draw++]! % (damaged.length - 128));
        const value = draws[draw++]!;
        damaged[at] = value & 255;
        if (round % 3 === 0 && at + 4 <= damaged.length)
          damaged.writeUInt32LE(0xffff_ff00 + (value & 255), at);
        expect(await outcome(damaged)).toMatch(/^[a-zA-Z]+$/);
      }
    }
  }, 60_000);
});

/** A private sequence of one item, explicit little-endian. */
function nestedOnce(content: Buffer, isOpen: boolean): Buffer<ArrayBuffer> {
  const length = (bytes: number): Buffer => {
    const field = Buffer.alloc(4);
    field.writeUInt32LE(isOpen ? 0xffff_ffff : bytes);
    return field;
  };
  const hex = (text: string): Buffer => Buffer.from(text, 'hex');
  const parts = [hex('feff00e0'), length(content.length), content];
  const item = Buffer.concat(isOpen ? [...parts, hex('feff0de000000000feffdde000000000')] : parts);
  return Buffer.concat([hex('09000010'), Buffer.from('SQ\0\0'), length(item.length), item]);
}

describe('what a header may not say', () => {
  it('absurd sizes, frames, depths and colours are refused before anything is allocated', async () => {
    const before = process.memoryUsage.rss();
    expect(await outcome(image({ rows: 65535, columns: 65535 }, plain))).toBe('imageTooLarge');
    expect(await outcome(image({ rows: 0 }, plain))).toBe('damagedImage');
    expect(await outcome(image({ frames: 2 ** 31 }, plain))).toBe('imageTooLarge');
    expect(await outcome(image({ frames: 20_000 }, plain))).toBe('truncatedImage');
    expect(await outcome(image({ frames: -3 }, plain))).toBe('shown');
    expect(await outcome(image({ allocated: 12 }, plain))).toBe('unsupportedFormat');
    expect(await outcome(image({ stored: 9 }, plain))).toBe('damagedImage');
    expect(await outcome(image({ samples: 3 }, plain))).toBe('damagedImage');
    expect(await outcome(image({ photometric: 'HSV', samples: 3 }, plain))).toBe('unsupportedFormat');
    expect(await outcome(image({ photometric: 'PALETTE COLOR' }, plain))).toBe('damagedImage');
    expect(await outcome(image({ allocated: 16 }, plain))).toBe('truncatedImage');
    expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
  });

  it('a look-up table that is shorter than it says, and segments without end', async () => {
    const table: Elements = [
      [
        tags.ModalityLUTSequence,
        'SQ',
        {
          items: [
            [
              [tags.LUTDescriptor, 'US', [0, 0, 16]],
              [tags.LUTData, 'US', [1]],
            ],
          ],
        },
      ],
    ];
    expect(await outcome(image({}, [...table, ...plain]))).toBe('damagedImage');
    const segments = [0, 1, 2].flatMap((colour): Elements => [
      [tags.RedPaletteDescriptor + colour, 'US', [0, 0, 16]],
      // A repetition of itself.
      [tags.RedSegmentedPaletteData + colour, 'OW', [2, 65535, 0, 0]],
    ]);
    expect(await outcome(image({ photometric: 'PALETTE COLOR' }, [...segments, ...plain]))).toBe(
      'damagedImage',
    );
  });

  it('sequences nested a thousand deep, of given and of open length, and a hundred thousand elements', async () => {
    for (const isOpen of [true, false]) {
      let nested = Buffer.alloc(0);
      for (let depth = 0; depth < 1000; depth += 1) nested = nestedOnce(nested, isOpen);
      const file = Buffer.concat([image({}, plain), nested]);
      expect(await outcome(file)).toBe(isOpen ? 'damagedImage' : 'shown');
    }
    const many = Array.from({ length: 100_000 }, (_, i) => [0x0009_0000 + (i % 60_000), 'CS', ''] as const);
    const started = busyMs();
    expect(await outcome(image({}, [...many, ...plain]))).toBe('shown');
    expect(busyMs() - started).toBeLessThan(5000);
  });

  it('bombs: what inflates to more than may be read', async () => {
    const bomb = image({}, [[0x0009_1010, 'OB', Buffer.alloc(330 * 1024 * 1024)], ...plain], 'deflated');
    expect(bomb.length).toBeLessThan(1e6);
    expect(await outcome(bomb)).toBe('imageTooLarge');
  }, 30_000);
});

describe('DICOM that is no image says what it is', () => {
  const refusal = async (elements: Elements) => {
    const bytes = writeDicom(elements);
    return sourceOf(bytes)
      .open()
      .then(
        () => null,
        (error: unknown) => error as { code: string; message: string; hint: string },
      );
  };
  const ofClass = (uid: string): Elements => [[tags.SOPClassUID, 'UI', uid]];

  it('reports, contours, directories, documents, video, unknown transfer syntaxes', async () => {
    const report = await refusal(ofClass('1.2.840.10008.5.1.4.1.1.88.33'));
    expect(report).toMatchObject({
      code: 'notAnImage',
      message: expect.stringContaining('structured report') as string,
    });
    const contours = await refusal(ofClass('1.2.840.10008.5.1.4.1.1.481.3'));
    expect(contours).toMatchObject({
      code: 'notAnImage',
      message: expect.stringContaining('contours') as string,
    });
    const directory = await refusal([[tags.DirectoryRecordSequence, 'SQ', { items: [ofClass('1.2')] }]]);
    expect(directory).toMatchObject({
      code: 'notAnImage',
      hint: expect.stringContaining('beside it') as string,
    });
    const document = await refusal([
      ...ofClass('1.2.840.10008.5.1.4.1.1.104.1'),
      [tags.EncapsulatedDocument, 'OB', Buffer.from('%PDF')],
    ]);
    expect(document).toMatchObject({ code: 'unsupportedFormat' });
    const video = image({}, [[tags.PixelData, 'OB', { fragments: [Buffer.alloc(100)] }]], 'jpegBaseline');
    const uid = video.indexOf('1.2.840.10008.1.2.4.50');
    for (const other of ['1.2.840.10008.1.2.4.10', '1.2.840.10008.1.2.4.99']) {
      const changed = Buffer.from(video);
      changed.write(`${other}${other.endsWith('0') ? '0' : ''}`, uid, 'latin1');
      expect(await outcome(changed)).toBe('unsupportedFormat');
    }
  });

  it('reads files whose header is as some devices write it', async () => {
    const elements: Elements = [...imageElements(size), ...plain];
    const sorted = [...elements].sort(([a], [b]) => a - b);
    // Implicit VR where explicit is announced, and the other way round.
    for (const explicit of [true, false]) {
      const whole = writeDicom(elements, { syntax: explicit ? 'implicit' : 'explicit' });
      const head = whole.indexOf(
        writeElements(sorted.slice(0, 1), { littleEndian: true, explicit: !explicit }),
      );
      const mixed = Buffer.concat([
        whole.subarray(0, head),
        writeElements(sorted, { littleEndian: true, explicit }),
      ]);
      expect(await outcome(mixed)).toBe('shown');
    }
    // A group length in the file meta information that is wrong.
    const wrong = writeDicom(elements);
    wrong.writeUInt32LE(7, 140);
    expect(await outcome(wrong)).toBe('shown');
  });
});
