import { describe, expect, it } from 'vitest';

import type { EpochRecord } from '../../../../src/contract/events.ts';
import {
  curveOption,
  curveTable,
  lossChart as lossChartOf,
  resultChart,
} from '../../../../src/renderer/features/train/curve-options.ts';

const lossChart = lossChartOf('crossEntropy');
const accuracyChart = resultChart({ kind: 'multiClass', classes: ['a', 'b'] });
const record = (epoch: number, loss: number, valLoss: number): EpochRecord => ({
  ...{ epoch, loss, valLoss, accuracy: 0.5, valAccuracy: 0.5, learningRate: 1e-3 },
  ...{
    valBalancedAccuracy: null,
    valF1: null,
    valAuc: null,
    valMae: null,
    valDice: null,
    seconds: 1,
    imagesPerSecond: 100,
  },
});
const history = [record(1, 0.7, 0.8), record(2, 0.5, 0.6)];
const course = { name: 'quick', history, bestEpoch: 2 };
const look = { colors: ['#111111', '#222222', '#333333', '#444444'], smooth: false, epochs: 10 };
interface DrawnSeries {
  name: string;
  data: [number, number][];
  endLabel?: { verticalAlign: string };
  markLine?: { label: { align: string } };
}
const seriesOf = ({ series }: { series?: unknown }): DrawnSeries[] => series as DrawnSeries[];

describe('the curves of a run', () => {
  it('hold their right end at the planned epochs, so that the lines do not jump', () => {
    expect(curveOption(lossChart, [course], look).xAxis).toMatchObject({ max: 10 });
  });

  it('show the raw line beneath the smooth one', () => {
    const series = seriesOf(curveOption(lossChart, [course], { ...look, smooth: true }));
    expect(series.map(({ name }) => name)).toEqual([
      'training, raw',
      'training',
      'validation, raw',
      'validation',
    ]);
    expect(series[0]!.data).toEqual([
      [1, 0.7],
      [2, 0.5],
    ]);
  });

  it('keep the names apart where both lines end near each other, and only there', () => {
    const names = (of: typeof course) =>
      seriesOf(curveOption(lossChart, [of], look)).map(({ endLabel }) => endLabel?.verticalAlign);
    expect(names(course)).toEqual(['middle', 'middle']);
    const close = { ...course, history: [record(1, 0.9, 0.4), record(2, 0.51, 0.5)] };
    expect(names(close)).toEqual(['bottom', 'top']);
    const accuracy = seriesOf(curveOption(accuracyChart, [course], look));
    expect(accuracy.map(({ endLabel }) => endLabel?.verticalAlign)).toEqual(['bottom', 'top']);
  });

  it('say which epoch was best beside its line, away from the axis', () => {
    const align = (bestEpoch: number, epochs = 2) =>
      seriesOf(curveOption(lossChart, [{ ...course, bestEpoch }], { ...look, epochs }))[1]?.markLine?.label
        .align;
    expect([align(1), align(2)]).toEqual(['left', 'right']);
    // A training of a single epoch has an axis to the second.
    expect(align(1, 1)).toBe('left');
  });

  it('tell two runs apart by name in chart and file', () => {
    const other = { ...course, name: 'default' };
    expect(seriesOf(curveOption(lossChart, [course, other], look)).map(({ name }) => name)).toEqual([
      'quick, training',
      'quick, validation',
      'default, training',
      'default, validation',
    ]);
    expect(curveTable(lossChart, [course, other]).rows[2]).toEqual(['default', 1, 0.7, 0.8]);
  });

  it('leave out what a task does not have, and records of before it was measured', () => {
    const months = resultChart({ kind: 'regression', unit: 'months', low: null, high: null });
    const { valMae: _, ...early } = record(1, 0.7, 0.8);
    const mixed = [early as EpochRecord, { ...record(2, 0.5, 0.6), valMae: 12 }];
    const drawn = seriesOf(curveOption(months, [{ ...course, history: mixed }], look));
    expect(drawn.map(({ name, data }) => ({ name, data }))).toEqual([
      { name: 'validation', data: [[2, 12]] },
    ]);
    expect(curveOption(months, [course], look).yAxis).toMatchObject({ name: 'months' });
    expect(curveTable(months, [{ ...course, history: mixed }]).rows).toEqual([
      [1, null],
      [2, 12],
    ]);
  });
});
