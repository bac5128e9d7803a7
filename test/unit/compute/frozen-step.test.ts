import { beforeEach, describe, expect, it } from 'vitest';

import { createGraph } from '../../../src/compute/tensorflow/graph.ts';
import { addTraining } from '../../../src/compute/tensorflow/training-graph.ts';
import type { Recipe } from '../../../src/contract/recipe.ts';
import { createEagerStep } from '../../../src/nn/eager-step.ts';
import { layerRates, stagesOf } from '../../../src/nn/stages.ts';
import type { StepOptions, TrainingState, TrainingStep } from '../../../src/nn/step.ts';
import { bitsOf, plain, train } from '../../support/compared-steps.ts';
import { loadNative } from '../../support/native-tensorflow.ts';
import { smallestOf, smallStep, unevenWeights } from '../../support/small-step.ts';

const native = await loadNative();
beforeEach((context) => {
  if (native.missing !== null) context.skip(native.missing);
});
const createStep = (options: StepOptions): TrainingStep => native.backend!.createStep(options);

function frozenStep(id: string, frozenStages: number, microBatchSize: number | null = null): StepOptions {
  const network = smallestOf(id, 0);
  const transfer: Recipe['transfer'] = { weights: 'own-1', frozenStages, unfreezeEvery: 0, stageRate: 0.5 };
  return smallStep(
    { ...plain, microBatchSize },
    { network, layerRates: layerRates(network, transfer, frozenStages) },
  );
}

async function afterOneStep(create: typeof createStep, options: StepOptions): Promise<TrainingState> {
  const step = create(options);
  step.writeState(unevenWeights(options.network));
  await train(step, options, 0, 1);
  const state = await step.readState();
  step.dispose();
  return state;
}

const distance = (a: Float32Array, b: Float32Array): number =>
  Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0));

describe('a compiled step with frozen stages and stage rates', () => {
  // Would catch: a graph that gives a weight another layer's gradient or rate once some are left out.
  it.each([
    ['resnet18', 2, null],
    ['alexnet-small', 1, null],
    ['alexnet-small', 2, 3],
  ] as const)(
    'of %s with %i stages frozen is the eager one (pieces of %s)',
    async (id, frozenStages, pieces) => {
      const options = frozenStep(id, frozenStages, pieces);
      const { network } = options;
      const [found, expected] = [
        await afterOneStep(createStep, options),
        await afterOneStep(createEagerStep, options),
      ];
      expect([...found.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
      const frozen = new Set(
        stagesOf(network)
          .slice(0, frozenStages)
          .flatMap(({ layers }) => layers),
      );
      const start = unevenWeights(network);
      for (const [key, values] of expected) {
        const [name] = key.split('#') as [string];
        const from = key === name ? start.get(name)! : new Float32Array(values.length);
        if (frozen.has(name.split('/')[0]!)) {
          expect(bitsOf(new Map([[key, found.get(key)!]]))).toEqual(bitsOf(new Map([[key, from]])));
          continue;
        }
        const way = distance(values, from);
        // Of normalisations of few values the gradient is rounding in part.
        const bound = id === 'resnet18' ? 0.2 : 5e-3;
        if (way > 1e-7) expect(distance(values, found.get(key)!) / way, key).toBeLessThan(bound);
      }
    },
  );

  // Would catch: a step that computes gradients of frozen layers and throws them away.
  it('has a smaller graph the more stages are frozen', () => {
    const nodes = [0, 1, 2, 3].map((frozenStages) => {
      const graph = createGraph();
      addTraining(graph, frozenStep('resnet18', frozenStages));
      return graph.nodes.length;
    });
    expect(nodes).toEqual(nodes.toSorted((a, b) => b - a));
    expect(new Set(nodes).size).toBe(4);
    expect(nodes[3]! / nodes[0]!).toBeLessThan(0.8);
  });
});
