import { describe, expect, it } from 'vitest';

import { createTimeInView, idleMs } from '../../../../src/renderer/features/read/time-in-view.ts';

describe('the time in view', () => {
  it('begins anew with each image', () => {
    const time = createTimeInView();
    time.show('a', 1000);
    expect(time.taken(3000)).toBe(2000);
    time.show('b', 3000);
    expect(time.taken(3500)).toBe(500);
  });

  it('does not count a pause: a reader at lunch would have thought for an hour', () => {
    const time = createTimeInView();
    time.show('a', 0);
    time.active(3_600_000);
    expect(time.taken(3_601_000)).toBe(idleMs + 1000);
  });

  it('does not count while the window is out of sight', () => {
    const time = createTimeInView();
    time.show('a', 0);
    time.visible(false, 2000);
    time.visible(true, 9000);
    expect(time.taken(10_000)).toBe(3000);
  });

  it('counts an image on that is shown again as the same', () => {
    const time = createTimeInView();
    time.show('a', 0);
    time.show('a', 400);
    expect(time.taken(1000)).toBe(1000);
  });
});
