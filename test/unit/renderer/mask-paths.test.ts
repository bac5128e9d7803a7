import { describe, expect, it } from 'vitest';

import { borderPath, fillPath } from '../../../src/renderer/mask-paths.ts';

/** A ring of class 1 around a pixel of the background, and a pixel that is not judged. */
const ring = {
  width: 4,
  height: 3,
  classes: Uint8Array.from([1, 1, 1, 255, 1, 0, 1, 2, 1, 1, 1, 0]),
};

describe('a mask as paths', () => {
  it('fills row by row and leaves holes open', () => {
    expect(fillPath(ring, 1)).toBe('M0,0h3v1h-3ZM0,1h1v1h-1ZM2,1h1v1h-1ZM0,2h3v1h-3Z');
  });

  it('draws the border of the hole too, and none between classes taken together', () => {
    expect(borderPath(ring, 1)).toContain('M1,1h1');
    expect(borderPath(ring, 1)).toContain('M3,0v3');
    expect(borderPath(ring, null)).not.toContain('M3,0v3');
  });

  it('takes what is not judged for no class', () => {
    expect(fillPath(ring, null)).not.toContain('M0,0h4');
    expect(fillPath(ring, 2)).toBe('M3,1h1v1h-1Z');
  });
});
