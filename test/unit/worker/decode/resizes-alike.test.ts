import { expect, it } from 'vitest';

import { resizesAlike } from '../../../../src/worker/decode/resizes-alike.ts';

const square = (edge: number) => ({ width: edge, height: edge });

/** Whether a sample lies between two of the 64 masks that libvips has from one input sample to the next. */
function hasTieByTrial(from: number, to: number): boolean {
  const whole = BigInt(Math.max(1, Math.floor(from / to / 2)));
  return Array.from({ length: to }, (_, i) => BigInt(2 * i + 1)).some((odd) => {
    const [above, below] = [odd * BigInt(from) * 64n, BigInt(to) * whole];
    return above % below === 0n && (above / below) % 2n === 1n;
  });
}

it('knows every output sample that lies between two masks', () => {
  let ties = 0;
  for (let from = 2; from < 700; from += 7)
    for (const to of [1, 3, 32, 48, 64, 96, 100, 128, 192, 227, 256]) {
      if (to >= from) continue;
      const tie = hasTieByTrial(from, to);
      ties += Number(tie);
      expect(resizesAlike(square(from), square(to), 'lanczos3'), `${from} to ${to}`).toBe(!tie);
    }
  expect(ties).toBeGreaterThan(20);
});

it('takes films of usual sizes as they stream, and looks at both edges', () => {
  expect(resizesAlike({ width: 1318, height: 1040 }, square(227), 'lanczos3')).toBe(true);
  expect(resizesAlike({ width: 1318, height: 1040 }, square(224), 'cubic')).toBe(true);
  expect(resizesAlike({ width: 199, height: 1318 }, square(192), 'cubic')).toBe(false);
  expect(resizesAlike({ width: 1318, height: 199 }, square(192), 'cubic')).toBe(false);
});

it('does not take what is enlarged or resized by the nearest sample', () => {
  expect(resizesAlike({ width: 1318, height: 100 }, square(227), 'lanczos3')).toBe(false);
  expect(resizesAlike({ width: 1318, height: 1040 }, square(227), 'nearest')).toBe(false);
  expect(resizesAlike(square(227), square(227), 'lanczos3')).toBe(true);
});
