import { describe, expect, it } from 'vitest';

import { type BandPoint, rocBandInSteps } from '../../../src/core/roc-band.ts';
import { busyMs } from '../../support/busy-time.ts';

type Rows = Parameters<typeof rocBandInSteps>[0];

function bandOf(rows: Rows, resamples?: number): BandPoint[] | null {
  const steps = rocBandInSteps(rows, { index: 1, seed: 1, ...(resamples && { resamples }) });
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

const row = (truth: number, p: number, patient: string): Rows[number] => ({
  truth,
  patient,
  probabilities: [1 - p, p],
});

describe('the band of a ROC curve', () => {
  it('is the curve itself where no resample can differ', () => {
    const rows = [
      ...[0.8, 0.9].map((p, i) => row(1, p, `p${i}`)),
      ...[0.1, 0.2].map((p, i) => row(0, p, `n${i}`)),
    ];
    for (const { low, high } of bandOf(rows)!) expect([low, high]).toEqual([1, 1]);
  });

  it('holds the curve, and narrows with more patients', () => {
    // Half of the positives above all negatives, half below: sensitivity 0.5 up to a false positive rate of 1.
    const many = (patients: number): Rows =>
      Array.from({ length: patients }, (_, i) =>
        i % 2 ? row(1, i % 4 === 1 ? 0.9 : 0.1, `${i}`) : row(0, 0.5, `${i}`),
      );
    const at = (band: BandPoint[]): BandPoint => band.find(({ x }) => x === 0)!;
    const [wide, narrow] = [at(bandOf(many(40))!), at(bandOf(many(640))!)];
    expect(wide.low).toBeLessThan(0.5);
    expect(wide.high).toBeGreaterThan(0.5);
    // Binomial of 10 in 20: 0.5 ± 0.22; of 160 in 320: ± 0.055.
    expect(wide.high - wide.low).toBeCloseTo(0.44, 1);
    expect(narrow.high - narrow.low).toBeCloseTo(0.11, 1);
    expect(bandOf(many(40))!.at(-1)).toEqual({ x: 1, low: 1, high: 1 });
  });

  it('resamples patients, not images: copies of one patient make nothing surer', () => {
    const rows = Array.from({ length: 24 }, (_, i) =>
      i % 2 ? row(1, i % 4 === 1 ? 0.9 : 0.1, `${i}`) : row(0, 0.5, `${i}`),
    );
    const copied = rows.flatMap((one) => [one, one, one, one]);
    const width = (of: Rows): number => {
      const [first] = bandOf(of)!;
      return first!.high - first!.low;
    };
    expect(width(copied)).toBeCloseTo(width(rows), 6);
  });

  it('is not there when one patient stands for a side', () => {
    expect(bandOf([row(1, 0.9, 'a'), row(1, 0.8, 'a'), row(0, 0.1, 'b'), row(0, 0.2, 'c')])).toBeNull();
  });

  it('goes in small steps', () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => row(i % 2, ((i * 7919) % 1000) / 1000, `${i}`));
    const steps = rocBandInSteps(rows, { index: 1, seed: 1, resamples: 60 });
    steps.next();
    const longest = Array.from({ length: 5 }, () => {
      const before = busyMs();
      steps.next();
      return busyMs() - before;
    });
    expect(Math.min(...longest)).toBeLessThan(50);
  });
});
