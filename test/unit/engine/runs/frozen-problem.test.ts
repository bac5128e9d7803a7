import { expect, it } from 'vitest';

import type { Recipe } from '../../../../src/contract/recipe.ts';
import { frozenProblem } from '../../../../src/engine/runs/frozen-problem.ts';
import { networks } from '../../../../src/nn/models/index.ts';
import { tinyRecipe } from '../../../support/tiny-run.ts';

const problemOf = (id: string, transfer: Partial<Recipe['transfer']>): string | null => {
  const recipe = tinyRecipe({ transfer });
  const { minimumSize } = networks.find((one) => one.id === id)!;
  return frozenProblem({
    ...recipe,
    network: { ...recipe.network, id: id as typeof recipe.network.id },
    input: { ...recipe.input, size: minimumSize },
  });
};

// Would catch: a training that starts although nothing of it could learn, or a border off by one.
it('names the stages of a network that cannot freeze so many', () => {
  const weights = 'own-1';
  expect(problemOf('resnet18', { weights, frozenStages: 6 })).toBe(
    'transfer.frozenStages is 6, but must be at most 5: resnet18 has 6 stages, conv1, layer1, layer2, layer3, layer4, head, and the last one always learns.',
  );
  expect(problemOf('resnet18', { weights, frozenStages: 5 })).toBeNull();
  expect(problemOf('resnet18', { weights: null, frozenStages: 90 })).toBeNull();
});

it.each(networks.map(({ id }) => id))('of %s freezes all stages but the last', (id) => {
  const [, most] = /at most (\d+):/.exec(problemOf(id, { weights: 'own-1', frozenStages: 100 })!)!;
  expect(Number(most)).toBeGreaterThan(0);
  expect(problemOf(id, { weights: 'own-1', frozenStages: Number(most) })).toBeNull();
});
