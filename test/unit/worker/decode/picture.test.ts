import { expect, it } from 'vitest';

import { releaseSamples, type Picture } from '../../../../src/worker/decode/picture.ts';

function grey(samples: Uint8Array): Picture {
  return { width: samples.length, height: 1, channels: 1, bitDepth: 8, samples, display: null };
}

it('gives back the memory of a picture that has it alone and of which nothing is kept', () => {
  const samples = new Uint8Array(100);
  releaseSamples(grey(samples), new Uint8Array(4));
  expect(samples.buffer.detached).toBe(true);
  const kept = new Uint8Array(100);
  releaseSamples(grey(kept), kept.subarray(10, 20));
  releaseSamples(grey(kept.subarray(10, 20)));
  expect(kept.buffer.detached).toBe(false);
});
