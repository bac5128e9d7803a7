import { describe, expect, it } from 'vitest';

import type { StepPoint } from '../../../src/contract/events.ts';
import { growSeries, stepPoint } from '../../../src/core/step-series.ts';

const point = (at: number, gradientNorm: number | null = null): StepPoint => ({
  ...{ at, loss: at, imagesPerSecond: 1, learningRate: 1, gradientNorm, memoryBytes: 1, tensorBytes: null },
});
const placesOf = (series: ReturnType<typeof growSeries>): number[] =>
  series.series().points.map(({ at }) => at);

describe('the steps of a run', () => {
  it('stay below their bound and evenly spaced, however many come', () => {
    const growing = growSeries(undefined, 8);
    for (let at = 1; at <= 1000; at++) {
      growing.add(point(at));
      expect(growing.series().points.length).toBeLessThanOrEqual(8);
    }
    const { stride, points } = growing.series();
    expect(stride).toBe(128);
    expect(points.map(({ at }) => at)).toEqual([128, 256, 384, 512, 640, 768, 896, 1000]);
  });

  it('keep a norm that was measured at a step that is thinned out', () => {
    const growing = growSeries(undefined, 4);
    for (const one of [point(1, 5), point(2), point(3, 6), point(4)]) growing.add(one);
    expect(growing.series().points.map(({ at, gradientNorm }) => [at, gradientNorm])).toEqual([
      [2, 5],
      [4, 6],
    ]);
  });

  it('are cut off where a run goes on from a checkpoint before the last of them', () => {
    const growing = growSeries({ stride: 2, points: [point(2), point(4), point(6)] }, 100);
    growing.add(point(7));
    growing.add(point(3));
    expect(placesOf(growing)).toEqual([2, 3]);
    growing.add(point(4));
    expect(placesOf(growing)).toEqual([2, 4]);
  });

  it('go on at the spacing that an earlier sitting had come to', () => {
    const growing = growSeries({ stride: 4, points: [point(4)] }, 100);
    for (let at = 5; at <= 13; at++) growing.add(point(at));
    expect(placesOf(growing)).toEqual([4, 8, 12, 13]);
  });

  it('have their place in epochs', () => {
    const told = { ...point(0), epoch: 3, step: 5, steps: 10, project: 'p' };
    expect(stepPoint(told)).toEqual({ ...point(0), at: 2.5 });
  });
});
