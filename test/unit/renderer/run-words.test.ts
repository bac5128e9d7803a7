import { describe, expect, it } from 'vitest';

import { deviceKind } from '../../../src/renderer/run-words.ts';

describe("a device's kind", () => {
  it.each([
    ['tensorflow', 'GPU, Tesla T4', 'GPU'],
    ['webgpu', 'Radeon RX 7800 XT', 'GPU'],
    ['webgpu', 'CPU, SwiftShader driver 5.0.0', 'CPU'],
    ['tensorflow', 'CPU, 2 threads', 'CPU'],
    ['cpu', null, 'CPU'],
  ])(
    'of %s on %s would be shown wrong: a renderer in software as a card, or a card as the processor',
    (backend, device, kind) => {
      expect(deviceKind({ backend, device })).toBe(kind);
    },
  );

  it('is not guessed before a run has one', () => {
    expect(deviceKind({ backend: null, device: null })).toBeNull();
  });
});
