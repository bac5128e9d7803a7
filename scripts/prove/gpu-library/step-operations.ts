import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';

import { type Attribute, createGraph, type GraphNode } from '../../../src/compute/tensorflow/graph.ts';
import { addTraining } from '../../../src/compute/tensorflow/training-graph.ts';
import type { LearningTask } from '../../../src/contract/learning-task.ts';
import { optimizerIds, type RecipeInput, recipeSchema } from '../../../src/contract/recipe.ts';
import { lossesOf } from '../../../src/core/learning-task.ts';
import { networks } from '../../../src/nn/models/index.ts';
import type { NetworkDefinition } from '../../../src/nn/network.ts';
import { stepOptions } from '../../../src/nn/step.ts';
import { headOf } from '../../../src/nn/heads.ts';
import { rulesOf } from '../../../src/nn/tasks/index.ts';
import { everyAugmentation, stillAugmentation } from '../../../test/support/augmentations.ts';

/** An operation of our graphs with the element types that it is used for. */
export interface StepOperation {
  operation: string;
  /** By attribute. */
  types: Record<string, string>;
}

const rows = 8;

const classes = ['a', 'b', 'c'];
const ofPictures: readonly LearningTask[] = [
  { kind: 'multiClass', classes },
  { kind: 'binary', classes: classes.slice(1) },
  { kind: 'multiLabel', classes },
  { kind: 'ordinal', classes },
  { kind: 'regression', unit: '', low: null, high: null },
];
const ofPixels: readonly LearningTask[] = [{ kind: 'segmentation', classes }];

/** Every operation that a compiled step of any network, task, optimiser and loss has, with all augmentation and none. */
export async function stepOperations(): Promise<StepOperation[]> {
  // What is traced needs a backend to come back to.
  await tf.setBackend('cpu');
  const found = new Map<string, StepOperation>();
  const graphs = networks.flatMap((network) =>
    (network.says === 'pixels' ? ofPixels : ofPictures).flatMap((task) =>
      recipes(task).map((recipe) => () => stepGraph(network, task, recipe)),
    ),
  );
  for (const graph of graphs) {
    for (const node of graph()) {
      const operation = { operation: node.op, types: typesOf(node) };
      found.set(JSON.stringify(operation), operation);
    }
  }
  return [...found.values()].sort((a, b) => operationWords(a).localeCompare(operationWords(b)));
}

/** `Cast (SrcT int32, DstT uint64)` */
export function operationWords({ operation, types }: StepOperation): string {
  const words = Object.entries(types).map(([attribute, type]) => `${attribute} ${type}`);
  return words.length === 0 ? operation : `${operation} (${words.join(', ')})`;
}

function recipes({ kind }: LearningTask): RecipeInput[] {
  return optimizerIds.flatMap((optimizer) =>
    lossesOf(kind).flatMap((loss) => [
      { optimizer: { id: optimizer }, loss: { id: loss }, augmentation: stillAugmentation },
      {
        optimizer: { id: optimizer, clipNorm: 1, weightDecay: 1e-3, momentum: 0.9 },
        loss: { id: loss, labelSmoothing: 0.1 },
        augmentation: everyAugmentation,
        weightAveraging: 0.99,
      },
      {
        optimizer: { id: optimizer, clipNorm: 1 },
        loss: { id: loss },
        augmentation: { ...everyAugmentation, fill: 'constant' },
        microBatchSize: rows / 2,
      },
    ]),
  );
}

function stepGraph(
  definition: NetworkDefinition,
  task: LearningTask,
  settings: RecipeInput,
): readonly GraphNode[] {
  const recipe = recipeSchema.parse({ ...settings, batchSize: rows });
  const { minimumSize: size } = definition;
  const network = definition.build({ size, channels: 3, head: headOf(task), scale: 0.05, dropout: 0.3 });
  const graph = createGraph();
  const options = stepOptions(
    {
      ...recipe,
      loss: { ...recipe.loss, id: recipe.loss.id! },
      optimizer: { ...recipe.optimizer, learningRate: 1e-3 },
    },
    {
      network,
      rules: rulesOf(task, { size, tiles: null }),
      normalization: { mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25] },
      colour: [
        [0.2, 0.2, 0.2],
        [0.02, 0, -0.02],
        [0.004, -0.008, 0.004],
      ],
      classWeights: null,
      trainRows: rows + 5,
    },
  );
  addTraining(graph, options);
  return graph.nodes;
}

function typesOf({ attributes }: GraphNode): Record<string, string> {
  const types = Object.entries(attributes).filter(
    (entry): entry is [string, Extract<Attribute, { type: unknown }>] => 'type' in entry[1],
  );
  return Object.fromEntries(types.map(([name, { type }]) => [name, type]));
}
