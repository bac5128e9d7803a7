import type { EpochRecord } from '../../contract/events.ts';
import type { LearningTask } from '../../contract/learning-task.ts';
import { type LearningCurve, learningCurve } from './charts/learning-curve.ts';
import { type Markup, markup } from './markup.ts';
import { figure } from './metric-tables.ts';

/** Loss by epoch, and beside it the value that the task is watched by. */
export function learningFigures(
  history: readonly EpochRecord[],
  bestEpoch: number | null,
  task: LearningTask,
): Markup {
  const isNumber = task.kind === 'regression';
  const loss = learningCurve({
    title: 'Loss by epoch',
    yLabel: isNumber ? 'loss (standardised)' : 'loss (nats)',
    unitRange: false,
    series: [
      { name: 'training', values: history.map((epoch) => epoch.loss) },
      { name: 'validation', values: history.map((epoch) => epoch.valLoss) },
    ],
    bestEpoch,
  });
  const { caption, note, ...curve } = watchedBy(history, task);
  return markup`<div class="charts">${figure('Loss', 'not smoothed; training with augmentation and dropout', loss)}${figure(caption, note, learningCurve({ ...curve, bestEpoch }))}</div>`;
}

type Watched = Omit<LearningCurve, 'bestEpoch'> & { readonly caption: string; readonly note: string };

function watchedBy(history: readonly EpochRecord[], task: LearningTask): Watched {
  const series = (name: string, values: readonly (number | null)[]) => ({
    name,
    values: values.map((value) => value ?? NaN),
  });
  switch (task.kind) {
    case 'regression':
      return {
        title: 'Mean absolute error by epoch',
        caption: 'Mean absolute error',
        note: 'validation, not smoothed',
        yLabel: `error${task.unit === '' ? '' : ` (${task.unit})`}`,
        unitRange: false,
        series: [
          series(
            'validation',
            history.map((epoch) => epoch.valMae),
          ),
        ],
      };
    case 'segmentation':
      return {
        title: 'Pooled Dice by epoch',
        caption: 'Pooled Dice',
        note: 'validation, not smoothed; all pixels together, mean over classes',
        yLabel: 'Pooled Dice',
        unitRange: true,
        series: [
          series(
            'validation',
            history.map((epoch) => epoch.valDice),
          ),
        ],
      };
    default:
      return {
        title: 'Accuracy by epoch',
        caption: 'Accuracy',
        note:
          task.kind === 'multiLabel'
            ? 'not smoothed; share of right labels, given from 0.5 on'
            : 'not smoothed; largest probability decides',
        yLabel: 'accuracy (share)',
        unitRange: true,
        series: [
          series(
            'training',
            history.map((epoch) => epoch.accuracy),
          ),
          series(
            'validation',
            history.map((epoch) => epoch.valAccuracy),
          ),
        ],
      };
  }
}
