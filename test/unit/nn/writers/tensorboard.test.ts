import { describe, expect, it } from 'vitest';

import { crc32c, eventRecord } from '../../../../src/nn/writers/tensorboard.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/* What `tf.io.TFRecordWriter` of TensorFlow 2.21 writes of the same messages of TensorBoard's protocol buffers. */
describe('event records are byte for byte those of TensorFlow', () => {
  it('that name the version of the file', () => {
    expect(hex(eventRecord(1.5, { kind: 'version' }))).toBe(
      '1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c',
    );
  });

  it('that say where a sitting starts', () => {
    expect(hex(eventRecord(1.5, { kind: 'start', step: 21 }))).toBe(
      '0f000000000000006d532b0909000000000000f83f10153a020801768d7cfc',
    );
  });

  it('with a number and a picture', () => {
    const record = eventRecord(1_800_000_000.25, {
      kind: 'summary',
      step: 300,
      scalars: [{ tag: 'step/loss', value: 0.5 }],
      images: [
        { tag: 'filters', width: 200, height: 7, channels: 3, png: Uint8Array.of(0x89, 0x50, 0, 255) },
      ],
    });
    expect(hex(record)).toBe(
      '3a000000000000001295eae2090000108074d2da4110ac022a2c0a100a09737465702f6c6f7373150000003f0a180a0766696c' +
        '74657273220d080710c80118032204895000ff03daca61',
    );
  });

  it('at a step beyond 32 bits, with a value that is not a number', () => {
    const scalars = [{ tag: 'a', value: NaN }];
    expect(hex(eventRecord(1.5, { kind: 'summary', step: 2 ** 40 + 5, scalars }))).toBe(
      '1c00000000000000c8c1951d09000000000000f83f108580808080202a0a0a080a0161150000c07f35c4781b',
    );
  });
});

it('the checksum is the one of RFC 3720, appendix B.4, for 32 zeros, ones, and the numbers from 0', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, at) => at))).toBe(0x46dd794e);
});
