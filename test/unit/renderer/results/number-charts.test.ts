import { describe, expect, it } from 'vitest';

import { diceChart } from '../../../../src/renderer/features/results/mask-charts.ts';
import {
  drawnWords,
  errorChart,
  predictedChart,
} from '../../../../src/renderer/features/results/number-charts.ts';

const points = [
  { image: 'a', truth: 61, predicted: 119 },
  { image: 'b', truth: 212, predicted: 176 },
];
const metric = (value: number) => ({ value, low: null, high: null, method: '' });
const metrics = { bias: metric(11), lowerLimit: metric(-80), upperLimit: metric(102) };
interface Drawn {
  data: { value: number[] }[];
  markLine?: { data: { yAxis: number }[] };
}
const first = ({ option }: { option: { series?: unknown } }): Drawn => (option.series as Drawn[])[0]!;

describe('the charts of numbers', () => {
  it('keep the order of the points, so that a click finds its case, on axes alike', () => {
    const chart = predictedChart(points, 'months', ['#111111']);
    expect(first(chart).data.map(({ value }) => value)).toEqual([
      [61, 119],
      [212, 176],
    ]);
    const { xAxis, yAxis } = chart.option as Record<string, { min: number; max: number }>;
    expect(xAxis).toMatchObject({ min: 50, max: 250 });
    expect([yAxis!.min, yAxis!.max]).toEqual([xAxis!.min, xAxis!.max]);
  });

  it('put bias and limits where the metrics say, also outside of all errors', () => {
    const chart = errorChart(points, { metrics, unit: 'months' }, ['#111111', '#222222']);
    expect(first(chart).data.map(({ value }) => value)).toEqual([
      [90, 58],
      [194, -36],
    ]);
    expect(first(chart).markLine!.data.map(({ yAxis }) => yAxis)).toEqual([102, 11, -80]);
    const { yAxis } = chart.option as Record<string, { min: number; max: number }>;
    expect(yAxis!.min).toBeLessThanOrEqual(-80);
    expect(yAxis!.max).toBeGreaterThanOrEqual(102);
  });

  it('hold when all numbers are the same', () => {
    const same = [{ image: 'a', truth: 5, predicted: 5 }];
    const { xAxis } = predictedChart(same, '', ['#111111']).option as Record<
      string,
      { min: number; max: number }
    >;
    expect(xAxis!.max).toBeGreaterThan(xAxis!.min);
    expect(drawnWords({ n: 1, points: same })).toBe('Every case is drawn: 1.');
    expect(drawnWords({ n: 9000, points: same })).toContain('of 9,000');
  });

  it('of masks name the bars by their Dice', () => {
    const { table } = diceChart({ name: 'tumour', dice: [1, 0, 3, 4] }, '#111111');
    expect(table.rows).toEqual([
      [0, 0.25, 1],
      [0.25, 0.5, 0],
      [0.5, 0.75, 3],
      [0.75, 1, 4],
    ]);
  });
});
