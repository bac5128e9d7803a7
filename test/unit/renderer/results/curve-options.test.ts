import { describe, expect, it } from 'vitest';

import type { EvaluationCurves } from '../../../../src/contract/run.ts';
import {
  histogramChart,
  reliabilityChart,
} from '../../../../src/renderer/features/results/calibration-charts.ts';
import { rocChart } from '../../../../src/renderer/features/results/curve-options.ts';

const colors = ['#111111', '#222222'];
const one: EvaluationCurves['classes'][number] = {
  name: 'PNEUMONIA',
  positives: 12,
  negatives: 8,
  roc: [
    { x: 0, y: 0, threshold: null },
    { x: 0.5, y: 1, threshold: 0.4 },
  ],
  rocBand: [
    { x: 0, low: 0.1, high: 0.4 },
    { x: 1, low: 0.8, high: 1 },
  ],
  precisionRecall: null,
  histogram: { positives: [0, 12], negatives: [8, 0] },
  operatingPoint: null,
};
const other = { ...one, name: 'NORMAL', rocBand: one.rocBand };
const point = { threshold: 0.4, sensitivity: 0.9, specificity: 0.75, precision: 0.8 };
interface DrawnSeries {
  name: string;
  data: unknown[];
}
const seriesOf = ({ option }: { option: { series?: unknown } }): DrawnSeries[] =>
  option.series as DrawnSeries[];

describe('the ROC chart', () => {
  it('puts the operating point where its specificity says', () => {
    const found = seriesOf(rocChart([one], point, colors)).find(({ name }) => name === 'operating point');
    expect(found?.data).toEqual([[0.25, 0.9]]);
  });

  it('stacks the band as height over its lower edge', () => {
    const series = seriesOf(rocChart([one], null, colors));
    const band = series.find(({ name }) => name === '95 % band')?.data as [number, number][];
    expect(band[0]?.[0]).toBe(0);
    expect(band[0]?.[1]).toBeCloseTo(0.3, 12);
  });

  it('draws no band and no operating point over several classes, where both would be of one of them', () => {
    const names = seriesOf(rocChart([one, other], point, colors)).map(({ name }) => name);
    expect(names).toEqual(['PNEUMONIA', 'NORMAL', 'chance']);
  });

  it('leaves out an operating point that no image could judge', () => {
    const names = seriesOf(rocChart([one], { ...point, specificity: null }, colors)).map(({ name }) => name);
    expect(names).not.toContain('operating point');
  });

  it('exports its thresholds, an empty cell where none makes the point', () => {
    expect(rocChart([one], null, colors).table.rows).toEqual([
      ['PNEUMONIA', 0, 0, null],
      ['PNEUMONIA', 0.5, 1, 0.4],
    ]);
  });
});

describe('the other charts', () => {
  it('joins only calibration points with enough images', () => {
    const bins = [
      { predicted: 0.1, observed: 0.2, n: 20, tooFew: false },
      { predicted: 0.5, observed: 1, n: 3, tooFew: true },
      { predicted: 0.9, observed: 0.8, n: 30, tooFew: false },
    ];
    const chart = reliabilityChart(
      bins,
      { task: 'multiClass', positive: 'PNEUMONIA', level: 'patient' },
      colors,
    );
    const line = seriesOf(chart).find(({ name }) => name === 'calibration');
    expect(line?.data).toEqual([
      [0.1, 0.2],
      [0.9, 0.8],
    ]);
    expect(chart.table.rows).toHaveLength(3);
    // A number alone: bins at the ends lie so near each other that words would meet.
    const drawn = seriesOf(chart)[0] as unknown as { label: { formatter(of: { data: unknown }): string } };
    expect(bins.map((data) => drawn.label.formatter({ data }))).toEqual(['20', '3', '30']);
  });

  it('tells every bin of the histogram with its edges', () => {
    expect(histogramChart(one, 0.4, 'image', colors).table.rows).toEqual([
      [0, 0.5, 0, 8],
      [0.5, 1, 12, 0],
    ]);
  });
});
