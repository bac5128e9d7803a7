import { describe, expect, it } from 'vitest';

import { decodeNpy, encodeNpy } from '../../../src/core/npy.ts';

describe('npy', () => {
  it('writes the header that numpy.save writes, byte for byte', () => {
    const bytes = encodeNpy(Float32Array.from([0, 1, 2, 3, 4, 5]), [2, 3]);
    const header = Buffer.from(bytes.subarray(0, 128)).toString('latin1');
    const dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    expect(header).toBe(`\x93NUMPY\x01\x00v\x00${dict.padEnd(117)}\n`);
    expect(Buffer.from(bytes.subarray(128)).toString('hex')).toBe(
      '000000000000803f0000004000004040000080400000a040',
    );
  });

  it('writes a one-dimensional shape as a tuple, not as a number in brackets', () => {
    const text = Buffer.from(encodeNpy(new Float32Array(4), [4])).toString('latin1');
    expect(text).toContain("'shape': (4,), }");
  });

  it('reads back what it wrote, from the middle of a buffer too', () => {
    const data = Float32Array.from([0.1, -2.5, Number.MAX_VALUE, 1e-40]);
    const bytes = encodeNpy(data, [1, 2, 2]);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeNpy(shifted.subarray(3))).toEqual({ data, shape: [1, 2, 2] });
  });

  it.each([
    ['a cut-off file', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1)],
    ['a longer file', (bytes: Uint8Array) => new Uint8Array([...bytes, 0])],
    ['another file', () => new Uint8Array(200)],
    [
      'another number type',
      (bytes: Uint8Array) =>
        bytes.map((value, i) => (bytes[i - 1] === 0x66 && value === 0x34 ? 0x38 : value)),
    ],
  ])('refuses %s', (_, damage) => {
    expect(() => decodeNpy(damage(encodeNpy(new Float32Array(6), [2, 3])))).toThrow(RangeError);
  });

  it('refuses data that does not fill its shape', () => {
    expect(() => encodeNpy(new Float32Array(5), [2, 3])).toThrow(/5 values do not fill/);
  });
});
