import { describe, expect, it } from 'vitest';

import type { StepPoint } from '../../../../src/contract/events.ts';
import {
  hasValues,
  metricChart,
  smallOption,
  smallTable,
  stepCharts,
  stepRows,
} from '../../../../src/renderer/features/train/small-charts.ts';

const point = (at: number, told: Partial<StepPoint> = {}): StepPoint => ({
  ...{ at, loss: 1, imagesPerSecond: 1, learningRate: 0.001, gradientNorm: null },
  ...{ memoryBytes: 5e8, tensorBytes: null },
  ...told,
});
const [gradientNorm, , memory] = stepCharts as [(typeof stepCharts)[0], unknown, (typeof stepCharts)[0]];
const look = { colors: ['#111', '#222', '#333'], epochs: 10 };

describe('small charts of a run', () => {
  it('are not shown of what a run did not measure', () => {
    const rows = stepRows([point(0.1), point(0.2)]);
    expect(stepCharts.filter((chart) => hasValues(chart, rows)).map(({ title }) => title)).toEqual([
      'Learning rate',
      'Memory of the trainer',
    ]);
    expect(hasValues(metricChart, [{ at: 1, valAuc: null }])).toBe(false);
  });

  it('join what was measured now and then, and draw no line at zero between', () => {
    const rows = stepRows([point(0.1, { gradientNorm: 2 }), point(0.2), point(0.3, { gradientNorm: 3 })]);
    expect(smallOption(gradientNorm, rows, look)).toMatchObject({
      yAxis: { type: 'value' },
      series: [
        {
          data: [
            [0.1, 2],
            [0.3, 3],
          ],
        },
      ],
    });
    expect(smallTable(gradientNorm, rows).rows).toEqual([
      [0.1, 2],
      [0.3, 3],
    ]);
  });

  it('go by powers of ten where one great norm would press all others to the ground', () => {
    const rows = stepRows([point(0.1, { gradientNorm: 0.5 }), point(0.2, { gradientNorm: 900 })]);
    expect(smallOption(gradientNorm, rows, look)).toMatchObject({ yAxis: { type: 'log' } });
    const zero = stepRows([point(0.1, { gradientNorm: 0 }), point(0.2, { gradientNorm: 900 })]);
    expect(smallOption(gradientNorm, zero, look)).toMatchObject({ yAxis: { type: 'value' } });
  });

  it('leave out the line of tensors, and the legend, where the backend does not tell', () => {
    const names = (rows: ReturnType<typeof stepRows>) =>
      (smallOption(memory, rows, look) as { series: { name: string }[] }).series.map(({ name }) => name);
    expect(names(stepRows([point(0.1)]))).toEqual(['all']);
    expect(names(stepRows([point(0.1, { tensorBytes: 1e8 })]))).toEqual(['all', 'tensors']);
  });
});
