import type { EvaluationCurves } from '../../../contract/run.ts';
import { quantity } from '../../../core/figures.ts';
import type { DrawnChart, Series } from './chart-frame.ts';

type ClassDice = NonNullable<EvaluationCurves['masks']>[number];

/** The ends of a bar, as Dice. */
export const binOf = (bins: number, index: number): { from: number; to: number } => ({
  from: index / bins,
  to: (index + 1) / bins,
});

/** Images by Dice of one class; those in which it is neither drawn nor predicted are left out. */
export function diceChart({ name, dice }: ClassDice, color: string | undefined): DrawnChart {
  const edges = dice.map((_, index) => binOf(dice.length, index));
  return {
    title: `Dice of ${name}, image by image`,
    option: {
      animation: false,
      grid: { left: 52, right: 18, top: 14, bottom: 40 },
      tooltip: { trigger: 'axis' },
      xAxis: {
        type: 'category',
        data: edges.map(({ from, to }) => `${quantity(from, 2)}–${quantity(to, 2)}`),
        name: `Dice of ${name}`,
        nameLocation: 'middle',
        nameGap: 26,
        axisLabel: { interval: Math.max(0, Math.round(dice.length / 5) - 1) },
      },
      yAxis: { type: 'value', name: 'images', nameLocation: 'middle', nameGap: 36, minInterval: 1 },
      series: [{ type: 'bar', name: 'images', data: [...dice], color, barCategoryGap: '8%' }] as Series,
    },
    table: {
      columns: ['from', 'to', 'images'],
      rows: edges.map(({ from, to }, at) => [from, to, dice[at]!]),
    },
  };
}
