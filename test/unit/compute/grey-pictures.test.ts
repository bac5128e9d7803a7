import { describe, expect, it } from 'vitest';

import type { RecipeInput } from '../../../src/contract/recipe.ts';
import { createEagerPredictor, createEagerStep } from '../../../src/nn/eager-step.ts';
import { findNetwork, networks } from '../../../src/nn/models/index.ts';
import { classHead } from '../../../src/nn/network.ts';
import type { Normalization } from '../../../src/nn/normalization.ts';
import type { StepOptions, TrainingStep } from '../../../src/nn/step.ts';
import { initialWeights } from '../../../src/nn/weights.ts';
import { stillAugmentation } from '../../support/augmentations.ts';
import { expectAlike, expectSameSteps, plain, trained } from '../../support/compared-steps.ts';
import { loadNative } from '../../support/native-tensorflow.ts';
import { noisyBatch, smallest, smallStep } from '../../support/small-step.ts';

const native = await loadNative();
const unit: Normalization = { mean: [0, 0, 0], deviation: [1, 1, 1] };
const ofDataset: Normalization = { mean: [0.4, 0.4, 0.4], deviation: [0.25, 0.25, 0.25] };

const still: RecipeInput = { ...plain, augmentation: stillAugmentation };
const moved: RecipeInput = {
  ...plain,
  augmentation: { ...stillAugmentation, rotationDegrees: 20, zoom: 0.2 },
};
const changed: RecipeInput = {
  ...plain,
  augmentation: {
    ...stillAugmentation,
    rotationDegrees: 20,
    brightness: 0.2,
    gamma: 0.2,
    blur: 0.5,
    cutOut: 0.3,
  },
};

/** A step that is given the same pictures in three channels. */
function onColour(options: StepOptions): TrainingStep {
  const step = createEagerStep({ ...options, pictureChannels: 3 });
  const repeated = (pixels: Uint8Array): Uint8Array =>
    Uint8Array.from({ length: pixels.length * 3 }, (_, i) => pixels[Math.floor(i / 3)]!);
  return {
    ...step,
    run: (batch, ...rest) => step.run({ ...batch, pixels: repeated(batch.pixels) }, ...rest),
    logits: (inputs) => step.logits({ ...inputs, pixels: repeated(inputs.pixels) }),
  };
}

// Networks with batch normalisation take their pictures in by the same first convolution: one of them stands for all.
const plainNetworks = networks.filter(
  ({ says, normalizesBatches }) => says === 'image' && !normalizesBatches,
);
const forms = plainNetworks.flatMap((definition) =>
  [
    { what: 'as they are', settings: still },
    { what: 'moved', settings: moved },
    { what: 'with other values', settings: changed },
  ].flatMap(({ what, settings }) =>
    Object.entries({ unit, ofDataset }).map(([id, normalization]) => ({
      ...{ network: definition.id, id, what },
      options: smallStep(settings, {
        ...{ network: smallest(definition), normalization, pictureChannels: 1, colour: null },
      }),
    })),
  ),
);

describe('a network for colours takes grey pictures of one channel for three equal ones', () => {
  it.each(forms)('$network, pictures $what, normalised by $id', async ({ options }) => {
    expectAlike(await trained(createEagerStep, options), await trained(onColour, options), options);
    if (native.backend === null) return;
    expectAlike(
      await trained((of) => native.backend.createStep(of), options),
      await trained(createEagerStep, options),
      options,
    );
  });

  it('one that pads them and normalises batches too', async () => {
    const network = findNetwork('resnet18').build({
      ...{ size: 64, channels: 3, head: classHead(3), scale: 0.05, dropout: 0 },
    });
    const options = smallStep(moved, {
      ...{ network, normalization: ofDataset, pictureChannels: 1, colour: null, batchSizes: [8] },
    });
    await expectSameSteps([createEagerStep(options), onColour(options)], options);
  });

  it.each(forms.slice(0, 2))('predicts so too, normalised by $id', async ({ options }) => {
    const batch = noisyBatch(options, 5);
    const colour = onColour(options);
    const weights = initialWeights(options.network, 1);
    colour.writeState(weights);
    const expected = await colour.logits(batch);
    const creators = [createEagerPredictor, ...(native.backend ? [native.backend.createPredictor] : [])];
    for (const create of creators) {
      const predictor = create({ ...options, weights, batchSize: 4 });
      const logits = await predictor.logits(batch);
      predictor.dispose();
      logits.forEach((logit, i) => expect(logit).toBeCloseTo(expected[i]!, 5));
    }
    colour.dispose();
  });

  it('but not where the channels are normalised differently', async () => {
    const options = smallStep(still, { pictureChannels: 1 });
    await expect(trained(createEagerStep, options)).rejects.toThrow('cannot stand for 3 that differ');
  });
});
