import { describe, expect, it } from 'vitest';

import {
  fit,
  isFit,
  isSmooth,
  levelAt,
  panBy,
  resized,
  toggleActual,
  toPicture,
  toViewport,
  zoomBy,
  zoomTo,
} from '../../../../src/renderer/viewer/camera.ts';

const film = { width: 3000, height: 2500 };
const viewport = { width: 1200, height: 800 };

describe('camera', () => {
  it('fits the whole picture, limited by the tighter side', () => {
    const camera = fit(film, viewport);
    expect(camera).toEqual({ x: 1500, y: 1250, scale: 0.32 });
    expect(isFit(camera, film, viewport)).toBe(true);
  });

  it('keeps the place under the cursor while zooming, wherever the picture was', () => {
    const before = zoomTo(fit(film, viewport), film, viewport, 1, { x: 500, y: 300 });
    const at = { x: 700, y: 450 };
    const after = zoomBy(before, film, viewport, 1.25, at);
    const place = toPicture(before, viewport, at);
    expect(after.scale).toBeCloseTo(1.25);
    expect(toViewport(after, viewport, place).x).toBeCloseTo(at.x);
    expect(toViewport(after, viewport, place).y).toBeCloseTo(at.y);
  });

  it('never shows empty ground beside a picture that is larger than the viewport', () => {
    const camera = panBy({ x: 1500, y: 1250, scale: 1 }, film, viewport, { x: 99_999, y: -99_999 });
    expect(toViewport(camera, viewport, { x: 0, y: 0 }).x).toBeCloseTo(0);
    expect(toViewport(camera, viewport, { x: 0, y: 2500 }).y).toBeCloseTo(800);
  });

  it('keeps a picture that is smaller than the viewport in the middle', () => {
    const small = { width: 100, height: 100 };
    expect(panBy({ x: 50, y: 50, scale: 2 }, small, viewport, { x: 300, y: 10 })).toEqual({
      x: 50,
      y: 50,
      scale: 2,
    });
  });

  it('bounds the scale, so that a wheel cannot lose the picture', () => {
    const fitted = fit(film, viewport);
    expect(zoomBy(fitted, film, viewport, 1e-9, { x: 0, y: 0 }).scale).toBeCloseTo(0.16);
    expect(zoomBy(fitted, film, viewport, 1e9, { x: 0, y: 0 }).scale).toBe(64);
  });

  it('can show a picture smaller than the viewport one to one', () => {
    const small = { width: 100, height: 100 };
    expect(zoomTo(fit(small, viewport), small, viewport, 1, { x: 600, y: 400 }).scale).toBe(1);
  });

  it('toggles between whole and one to one, from anything in between to whole', () => {
    const whole = fit(film, viewport);
    const actual = toggleActual(whole, film, viewport, { x: 10, y: 10 });
    expect(actual.scale).toBe(1);
    expect(toggleActual(actual, film, viewport, { x: 10, y: 10 })).toEqual(whole);
    const between = zoomTo(whole, film, viewport, 0.5, { x: 600, y: 400 });
    expect(toggleActual(between, film, viewport, { x: 10, y: 10 })).toEqual(whole);
  });

  it('follows the viewport when the whole picture was seen, and keeps its scale otherwise', () => {
    const wider = { width: 2400, height: 1600 };
    expect(resized(fit(film, viewport), film, viewport, wider)).toEqual(fit(film, wider));
    expect(resized({ x: 1500, y: 1250, scale: 1 }, film, viewport, wider).scale).toBe(1);
  });

  it('draws from the half that still has a sample for each pixel of the screen', () => {
    expect(levelAt(2, 4)).toBe(0);
    expect(levelAt(1, 4)).toBe(0);
    expect(levelAt(0.51, 4)).toBe(0);
    expect(levelAt(0.5, 4)).toBe(1);
    expect(levelAt(0.25, 4)).toBe(2);
    expect(levelAt(0.001, 4)).toBe(3);
  });

  it('does not smooth pixels that are to be seen as they are', () => {
    const smooth = (stretched: boolean) => [0.5, 1, 1.5, 2, 8].map((scale) => isSmooth(scale, stretched));
    expect(smooth(false)).toEqual([true, false, true, false, false]);
    expect(smooth(true)).toEqual([true, true, true, false, false]);
  });
});
