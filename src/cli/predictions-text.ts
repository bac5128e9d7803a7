import type { z } from 'zod';

import type { LearningTask } from '../contract/learning-task.ts';
import type { PoolingRule, Prediction, PredictionGroup, predictResultSchema } from '../contract/run.ts';
import { count, counted, readable, share } from '../core/words.ts';
import { table } from './format.ts';

type PredictResult = z.output<typeof predictResultSchema>;
type Pooled = NonNullable<PredictResult['pooled']>;

const poolingWords: Readonly<Record<PoolingRule, string>> = {
  mean: 'the mean',
  max: 'the highest',
  noisyOr: 'the noisy-or',
};

interface Columns {
  readonly titles: readonly { title: string; align?: 'right' }[];
  /** Cells behind the file's name; the last one takes an error's sentence. */
  readonly cells: (prediction: Omit<Prediction, 'file'>) => string[];
}

/** Second opinions as people read them on a terminal. */
export function predictionsText({
  predictions,
  groups = [],
  pooled,
  generated,
  ...how
}: PredictResult): string {
  const { titles, cells } = columnsOf(how);
  const rows = predictions.map((prediction) => {
    const { file, error } = prediction;
    if (error === undefined) return [file, ...cells(prediction)];
    const empty = titles.slice(2).map(() => '');
    return [file, '–', ...empty.slice(0, -1), `${error.message} [${error.code}]`];
  });
  const refused = predictions.filter(({ error }) => error !== undefined).length;
  const written = predictions.flatMap(({ mask }) => mask ?? []);
  const notes = predictions.flatMap((one) => one.notes?.map((note) => `! ${one.file}: ${note}`) ?? []);
  return [
    table([{ title: 'File' }, ...titles], rows),
    ...(refused === 0 ? [] : [`! ${counted(refused, 'image')} could not be predicted.`]),
    ...(notes.length === 0 ? [] : [notes.join('\n')]),
    ...(written.length === 0
      ? []
      : [`${counted(written.length, 'mask')} written, the first as ${written[0]!}.`]),
    ...(pooled ? groupsText(groups, pooled, how.task) : ruleOf(how)),
    generated ? 'GENERATED · RESEARCH USE ONLY' : 'RESEARCH USE ONLY',
  ].join('\n\n');
}

/** Studies or patients, how they were pooled and decided, and what is to be known of it. */
function groupsText(groups: readonly PredictionGroup[], pooled: Pooled, task: LearningTask): string[] {
  const { titles, cells } = columnsOf({ task, thresholds: pooled.thresholds });
  const columns = [
    { title: pooled.level === 'study' ? 'Study' : 'Patient' },
    { title: 'Images', align: 'right' as const },
    ...titles,
  ];
  const rows = groups.map((group) => [readable(group.group), count(group.files.length), ...cells(group)]);
  return [
    table(columns, rows),
    `What is said of a ${pooled.level} is ${poolingWords[pooled.pooling]} of what is said of its images.`,
    ...ruleOf(pooled),
    ...pooled.warnings.map((warning) => `! ${warning}`),
  ];
}

function columnsOf({ task, thresholds }: Pick<PredictResult, 'task' | 'thresholds'>): Columns {
  switch (task.kind) {
    case 'regression':
      return {
        titles: [
          { title: task.unit === '' ? 'Number' : `Number (${task.unit})`, align: 'right' },
          { title: '' },
        ],
        cells: ({ value }) => [value === undefined ? '–' : numberText(value), ''],
      };
    case 'multiLabel':
      return {
        titles: [{ title: 'Labels' }, { title: 'Probabilities' }],
        cells: ({ label, nearest, probabilities }) => [
          nearest === undefined ? (label ?? '–') : noneText(nearest, probabilities, thresholds),
          Object.entries(probabilities)
            .map(([name, probability]) => `${name} ${share(probability)}`)
            .join(', '),
        ],
      };
    case 'segmentation':
      return {
        titles: [{ title: 'Masks' }, { title: 'Areas' }],
        cells: ({ label, areas = [] }) => [
          label ?? '–',
          areas
            .filter(({ pixels }) => pixels > 0)
            .map(
              (area) =>
                `${area.class} ${count(area.pixels)} px${area.mm2 === null ? '' : `, ${numberText(area.mm2)} mm²`}`,
            )
            .join('; '),
        ],
      };
    default:
      return {
        titles: [{ title: 'Label' }, { title: 'Probability', align: 'right' }, { title: 'Others' }],
        cells: ({ label, probabilities }) => [
          label ?? '–',
          share(probabilities[label ?? ''] ?? 0),
          // The label need not be the largest: with two classes the operating point decides.
          Object.entries(probabilities)
            .filter(([name]) => name !== label)
            .sort(([, a], [, b]) => b - a)
            .slice(0, 3)
            .map(([name, probability]) => `${name} ${share(probability)}`)
            .join(', '),
        ],
      };
  }
}

/** `none`, and which class lacks least to its threshold. */
function noneText(
  nearest: string,
  probabilities: Prediction['probabilities'],
  thresholds: PredictResult['thresholds'],
): string {
  const probability = share(probabilities[nearest] ?? 0);
  const threshold = thresholds?.[nearest];
  const of = threshold === undefined ? probability : `${probability} of ${share(threshold)}`;
  return `none (nearest: ${nearest}, ${of})`;
}

function ruleOf({
  operatingPoint,
  thresholds,
}: Pick<PredictResult, 'operatingPoint' | 'thresholds'>): string[] {
  if (operatingPoint) {
    const { positive, threshold, rule } = operatingPoint;
    return [
      `The label is ${positive} from a probability of ${share(threshold)}${rule === undefined ? '' : ` (${rule})`}.`,
    ];
  }
  if (!thresholds) return [];
  const each = Object.entries(thresholds).map(([name, threshold]) => `${name} ${share(threshold)}`);
  return [`A label is given from its threshold on, chosen on validation: ${each.join(', ')}.`];
}

/** Four digits that count. */
const numberText = (value: number): string => String(Number(value.toPrecision(4)));
