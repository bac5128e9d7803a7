import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';

import type { Recipe } from '../../../src/contract/recipe.ts';
import { frozenStagesAt } from '../../../src/core/frozen-stages.ts';
import { networks } from '../../../src/nn/models/index.ts';
import { weightSpecs } from '../../../src/nn/network.ts';
import { layerRates, stagesOf } from '../../../src/nn/stages.ts';
import type { StepOptions } from '../../../src/nn/step.ts';
import { createEagerStep } from '../../../src/nn/eager-step.ts';
import { initialWeights } from '../../../src/nn/weights.ts';
import { trained } from '../../support/compared-steps.ts';
import { smallest, smallestOf, smallStep } from '../../support/small-step.ts';

const transfer = (more: Partial<Recipe['transfer']> = {}): Recipe['transfer'] => ({
  ...{ weights: 'own-1', frozenStages: 0, unfreezeEvery: 0, stageRate: 1 },
  ...more,
});

/** A network's step of which so many stages are frozen. */
function frozenStep(id: string, frozenStages: number, stageRate = 1): StepOptions {
  const network = smallestOf(id, 0);
  return smallStep({}, { network, layerRates: layerRates(network, transfer({ stageRate }), frozenStages) });
}

describe('stages', () => {
  // Would catch: a layer of a new network that no stage has, so that it could never be frozen or unfrozen by name.
  it.each(networks.map((one) => [one.id, one] as const))(
    'of %s hold every layer with weights once',
    (_, one) => {
      const network = smallest(one);
      const stages = stagesOf(network);
      const layers = stages.flatMap((stage) => stage.layers);
      expect(layers).toEqual([...new Set(layers)]);
      const withWeights = new Set(weightSpecs(network).map(({ name }) => name.split('/')[0]!));
      expect(new Set(layers)).toEqual(withWeights);
      expect(stages.at(-1)!.layers).toContain([...withWeights].at(-1));
      expect(stages.length).toBeGreaterThan(1);
    },
  );

  // Would catch: a stage too many or too few thawed at a border, or frozen in a training from scratch.
  it('thaw one by one from the last frozen one on', () => {
    const gradually = transfer({ frozenStages: 3, unfreezeEvery: 2 });
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8].map((epoch) => frozenStagesAt(gradually, epoch))).toEqual([
      ...[3, 3, 2, 2, 1, 1, 0, 0, 0],
    ]);
    expect(frozenStagesAt(transfer({ frozenStages: 3 }), 100)).toBe(3);
    expect(frozenStagesAt(transfer({ frozenStages: 3, weights: null }), 0)).toBe(0);
  });

  it('have rates that fall towards the picture', () => {
    const network = smallestOf('resnet18', 0);
    const rates = layerRates(network, transfer({ stageRate: 0.5 }), 1);
    const stages = stagesOf(network);
    const rateOf = stages.map(({ layers }) => rates.get(layers[0]!));
    expect(rateOf.at(-1)).toBe(1);
    expect(rateOf.at(-2)).toBe(0.5);
    expect(rateOf[1]).toBe(0.5 ** (stages.length - 2));
    expect(rateOf[0]).toBe(0);
  });
});

describe('a step with frozen stages', () => {
  // Would catch: weight decay, averaging or running means that move what is frozen.
  it.each(['resnet18', 'alexnet-small', 'alexnet-batchnorm'])(
    'leaves them of %s bit for bit, running means too, and moves the others',
    async (id) => {
      const options = frozenStep(id, 2);
      const { network } = options;
      const frozen = new Set(
        stagesOf(network)
          .slice(0, 2)
          .flatMap(({ layers }) => layers),
      );
      const { state } = await trained(createEagerStep, options, 2);
      const start = initialWeights(network, 1);
      for (const { name } of weightSpecs(network)) {
        const now = [...state.get(name)!];
        if (frozen.has(name.split('/')[0]!)) expect(now, name).toEqual([...start.get(name)!]);
        else expect(now, name).not.toEqual([...start.get(name)!]);
      }
      const slots = [...state.keys()].filter((key) => key.includes('#'));
      expect(slots.some((key) => frozen.has(key.split('/')[0]!))).toBe(false);
      expect(slots.length).toBeGreaterThan(0);
    },
  );

  // Would catch: a rate that multiplies the gradient, which Adam undoes, in place of the step.
  it('takes smaller steps in stages of a smaller rate', async () => {
    const [whole, halved] = [frozenStep('alexnet-small', 0), frozenStep('alexnet-small', 0, 0.5)];
    const start = initialWeights(whole.network, 1);
    const moved = async (options: StepOptions): Promise<Map<string, number>> => {
      const { state } = await trained(createEagerStep, options, 1);
      return new Map(
        [...start].map(([name, values]) => [
          name,
          Math.max(...values.map((value, i) => Math.abs(state.get(name)![i]! - value))),
        ]),
      );
    };
    const [far, near] = [await moved(whole), await moved(halved)];
    const [first] = stagesOf(whole.network)[0]!.layers;
    const depth = stagesOf(whole.network).length - 1;
    const kernel = `${first}/kernel`;
    expect(near.get(kernel)! / far.get(kernel)!).toBeCloseTo(0.5 ** depth, 2);
    const head = `${whole.network.layers.at(-1)!.name}/kernel`;
    expect(near.get(head)! / far.get(head)!).toBeCloseTo(1, 5);
  });
});
