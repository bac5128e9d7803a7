import { describe, expect, it } from 'vitest';

import { gpuParts, whyNoGpu } from '../../../src/compute/tensorflow/gpu.ts';

const present = { cuda: true, driver: true, visibleDevices: undefined };

describe('why TensorFlow uses no GPU', () => {
  it('is not told where nothing speaks of a GPU: every user without one would be warned at every run', () => {
    expect(whyNoGpu({ cuda: false, driver: false, visibleDevices: undefined })).toBeNull();
  });

  it.each([
    ['the driver is missing', { ...present, driver: false }, /no NVIDIA driver/, /Install the NVIDIA driver/],
    ['the build is the one for the processor', { ...present, cuda: false }, /processor/, /setup -- --gpu/],
    ['a variable hides every GPU', { ...present, visibleDevices: '-1' }, /hides every GPU/, /Unset/],
    ['an empty variable does', { ...present, visibleDevices: '' }, /hides every GPU/, /Unset/],
    ['the driver serves no card', present, /could use no GPU/, /nvidia-smi/],
    ['the variable names a card', { ...present, visibleDevices: '0,1' }, /could use no GPU/, /nvidia-smi/],
  ])(
    'a user would train for hours on the processor without a word of it when %s',
    (_, parts, reason, remedy) => {
      const drawback = whyNoGpu(parts);
      expect(drawback?.reason).toMatch(reason);
      expect(drawback?.remedy).toMatch(remedy);
      expect(drawback?.reason).toMatch(/\.$/);
      expect(drawback?.remedy).toMatch(/\.$/);
    },
  );

  it('does not fail where no TensorFlow is loaded', () => {
    expect(gpuParts().cuda).toBe(false);
  });
});
