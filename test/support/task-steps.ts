import type { LearningTask } from '../../src/contract/learning-task.ts';
import { notJudged } from '../../src/contract/learning-task.ts';
import type { RecipeInput } from '../../src/contract/recipe.ts';
import { usualLoss } from '../../src/core/learning-task.ts';
import { createRandom } from '../../src/core/random.ts';
import { findNetwork } from '../../src/nn/models/index.ts';
import type { Network } from '../../src/nn/network.ts';
import type { PixelBatch, StepOptions } from '../../src/nn/step.ts';
import { type TableFusion, withTable } from '../../src/nn/table-fusion.ts';
import { headOf } from '../../src/nn/heads.ts';
import { rulesOf } from '../../src/nn/tasks/index.ts';
import type { Truths } from '../../src/nn/tasks/rules.ts';
import { noisyBatch, smallStep } from './small-step.ts';

const three = ['a', 'b', 'c'];

/** One of every kind. */
export const everyTask: readonly LearningTask[] = [
  { kind: 'multiClass', classes: three },
  { kind: 'binary', classes: ['no', 'yes'] },
  { kind: 'multiLabel', classes: three },
  { kind: 'ordinal', classes: [...three, 'd'] },
  { kind: 'regression', unit: 'months', low: 0, high: 240 },
  { kind: 'segmentation', classes: ['b', 'c'] },
];

/** A listed network at its smallest for a task, maybe with a clinical table beside the picture. */
export function taskNetwork(task: LearningTask, id: string, fusion: TableFusion | null = null): Network {
  const definition = findNetwork(id);
  const network = definition.build({
    size: definition.minimumSize,
    channels: 3,
    head: headOf(task),
    scale: 0.05,
    dropout: 0.2,
  });
  return fusion ? withTable(network, fusion) : network;
}

/** A recipe's step for a task, batches of 8 and 5; the loss is the task's own unless the settings name one. */
export function taskStep(
  task: LearningTask,
  network: Network,
  settings: RecipeInput = {},
  of: Partial<StepOptions> = {},
): StepOptions {
  const loss = { id: usualLoss(task.kind), ...settings.loss };
  const rules = rulesOf(task, { size: network.inputShape[0], tiles: null });
  return smallStep({ ...settings, loss }, { network, rules, ...of });
}

/** Noise, with truths of all kinds of a task. */
export function taskBatch(
  task: LearningTask,
): (options: StepOptions, rows: number, seed?: number) => PixelBatch {
  return (options, rows, seed = 1) => {
    const random = createRandom(seed, 'table', rows);
    const features = options.network.tableSize;
    return {
      ...noisyBatch(options, rows, seed),
      truths: truthsOf(task, options, rows, seed),
      table:
        features === undefined
          ? null
          : Float32Array.from({ length: rows * features }, () => 2 * random.uniform() - 1),
    };
  };
}

function truthsOf(task: LearningTask, { rules }: StepOptions, rows: number, seed: number): Truths {
  const random = createRandom(seed, 'truths', rows);
  const length = rows * rules.truthSize;
  switch (task.kind) {
    case 'regression':
      return Float32Array.from({ length }, () => random.normal());
    case 'multiLabel':
      return Float32Array.from({ length }, () => random.integer(2));
    case 'segmentation': {
      const values = [0, ...task.classes.map((_, label) => label + 1), notJudged];
      return Uint8Array.from({ length }, () => values[random.integer(values.length)]!);
    }
    default:
      return Int32Array.from({ length }, (_, row) => row % task.classes.length);
  }
}
