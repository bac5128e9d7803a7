import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { RecipeInput } from '../../src/contract/recipe.ts';
import { describedNetwork } from '../../src/nn/described-network.ts';
import { stagesOf } from '../../src/nn/stages.ts';
import { initialWeights } from '../../src/nn/weights.ts';
import { type ModelFacts, readModelFolder, writeModelFolder } from '../../src/worker/compute/model-folder.ts';
import { trainRunFolder } from '../../src/worker/compute/train.ts';
import { tinyRecipe, writeTinyRun } from '../support/tiny-run.ts';

const classes = ['upright', 'lying'];
const stepsAnEpoch = 6;

/** A run of tiny pictures that starts from weights in `start/`; every second epoch one more stage learns. */
async function frozenRun(
  settings: RecipeInput = {},
): Promise<{ folder: string; start: Map<string, Float32Array> }> {
  const recipe: RecipeInput = {
    epochs: 3,
    earlyStopping: { patience: 0, restoreBest: false },
    transfer: { weights: 'own-0123456789ab', frozenStages: 2, unfreezeEvery: 1 },
    ...settings,
  };
  const folder = writeTinyRun(recipe);
  const { network } = tinyRecipe(recipe);
  const facts: ModelFacts = {
    network: { id: network.id, scale: network.scale, dropout: network.dropout },
    geometry: { size: 28, channels: 1, fit: 'stretch', kernel: 'linear' },
    normalization: { mean: [0.25], deviation: [0.5] },
    classes,
  };
  const built = describedNetwork(facts.network, facts.geometry, { kind: 'multiClass', classes });
  const start = initialWeights(built, 77);
  await writeModelFolder(path.join(folder, 'start'), facts, start);
  return { folder, start };
}

const finish = (folder: string) => trainRunFolder(folder, () => undefined, { stopRequested: false });

describe('a training that starts from weights', () => {
  // Would catch: a start that is not read, or frozen weights that move in the trainer though not in the step.
  it('begins with them and their normalisation, and keeps frozen stages to the last bit', async () => {
    const { folder, start } = await frozenRun({
      transfer: { weights: 'own-0123456789ab', frozenStages: 2, unfreezeEvery: 0 },
    });
    expect(await finish(folder)).toMatchObject({ stoppedBecause: 'completed', error: null });
    const { model, network, weights } = await readModelFolder(path.join(folder, 'model'));
    expect(model.normalization).toEqual({ mean: [0.25], deviation: [0.5] });
    const frozen = new Set(
      stagesOf(network)
        .slice(0, 2)
        .flatMap(({ layers }) => layers),
    );
    for (const [name, values] of weights) {
      const isSame = values.every((value, at) => value === start.get(name)![at]);
      expect(isSame, name).toBe(frozen.has(name.split('/')[0]!));
    }
  });

  // Would catch: a resumed sitting in another phase, slots of thawed weights that start anew, Adam's steps counted from the border.
  it.each([0, 0.9])(
    'goes on exactly around a border at which a stage thaws (averaging %d)',
    async (weightAveraging) => {
      const unbroken = await finish((await frozenRun({ weightAveraging })).folder);
      expect(unbroken.stoppedBecause).toBe('completed');
      for (const stopAt of [stepsAnEpoch - 1, stepsAnEpoch, stepsAnEpoch + 1]) {
        const { folder } = await frozenRun({ weightAveraging });
        let looked = 0;
        const control = {
          get stopRequested() {
            return ++looked >= stopAt;
          },
        };
        expect((await trainRunFolder(folder, () => undefined, control)).stoppedBecause).toBe('cancelled');
        expect(existsSync(path.join(folder, 'model'))).toBe(false);
        expect((await finish(folder)).weightsSha256, `stopped at ${stopAt}`).toBe(unbroken.weightsSha256);
      }
    },
  );

  it('is refused without its weights, and with altered ones', async () => {
    const { folder } = await frozenRun();
    rmSync(path.join(folder, 'start', 'weights.bin'));
    const gone = await finish(folder);
    expect(gone).toMatchObject({ stoppedBecause: 'failed', error: { code: 'badPackage' } });
    expect(readFileSync(path.join(folder, 'events.jsonl'), 'utf8')).toContain('weights.bin');
  });
});
