import { describe, expect, it } from 'vitest';

import { decodeHeader, decodeTensors, encodeHeader } from '../../../src/nn/checkpoint.ts';
import { freshProgress } from '../../../src/nn/progress.ts';
import { littleEndianBytes } from '../../../src/nn/weights.ts';
import { sha256 } from '../../../src/worker/compute/hash.ts';

const checkpoint = {
  recipeSha256: 'a'.repeat(64),
  computedWith: { backend: 'cpu', threads: 1 },
  progress: { ...freshProgress(), step: 7, epoch: { rows: 3, lossSum: 0.1 + 0.2, correct: 2, seconds: 1 } },
  normalization: { mean: [0.1], deviation: [0.2] },
  tensors: new Map([
    ['fc/kernel', Float32Array.of(1.5, -0, 3e-39)],
    ['fc/kernel#m', Float32Array.of(4)],
  ]),
};

function encoded(): { header: string; tensors: Uint8Array[] } {
  const tensors = [...checkpoint.tensors.values()].map(littleEndianBytes);
  const block = {
    tensors: [...checkpoint.tensors].map(([name, { length }]) => ({ name, length })),
    tensorsSha256: sha256(tensors),
  };
  return { header: encodeHeader(checkpoint, block, sha256), tensors };
}

describe('checkpoint bytes', () => {
  it('come back as they were, sums of the epoch to the last bit', () => {
    const { header, tensors } = encoded();
    const read = decodeHeader(header, sha256);
    expect(read.progress).toEqual(checkpoint.progress);
    expect(decodeTensors(read, tensors, sha256)).toEqual(checkpoint.tensors);
  });

  it('are refused when header or tensors are torn or altered, at every length', () => {
    const { header, tensors } = encoded();
    for (let length = 0; length < header.length - 1; length += 13) {
      expect(() => decodeHeader(header.slice(0, length), sha256)).toThrow('incomplete or altered');
    }
    expect(() => decodeHeader(header.replace('"step":7', '"step":8'), sha256)).toThrow('altered');
    const altered = tensors.map((bytes) => bytes.slice());
    altered[0]![0]! ^= 1;
    expect(() => decodeTensors(decodeHeader(header, sha256), altered, sha256)).toThrow('altered');
  });
});
