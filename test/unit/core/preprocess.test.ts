import { expect, it } from 'vitest';

import { normalizePixels } from '../../../src/core/preprocess.ts';

it('normalises each channel with its own mean and deviation, channels last', () => {
  const values = normalizePixels(Uint8Array.from([0, 0, 0, 255, 255, 51]), {
    mean: [0, 0.5, 0.1],
    deviation: [1, 0.5, 0.1],
  });
  const expected = [0, -1, -1, 1, 1, 1];
  values.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
});
