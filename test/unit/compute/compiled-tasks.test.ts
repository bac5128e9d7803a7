import { beforeEach, describe, expect, it } from 'vitest';

import type { LearningTask, LearningTaskKind } from '../../../src/contract/learning-task.ts';
import type { LossId, RecipeInput } from '../../../src/contract/recipe.ts';
import { lossesOf } from '../../../src/core/learning-task.ts';
import { createEagerPredictor, createEagerStep } from '../../../src/nn/eager-step.ts';
import { parameterCount, weightSpecs } from '../../../src/nn/network.ts';
import type { StepOptions, TrainingStep } from '../../../src/nn/step.ts';
import { initialWeights } from '../../../src/nn/weights.ts';
import { everyAugmentation } from '../../support/augmentations.ts';
import { everything, expectAlike, expectSameSteps, plain, trained } from '../../support/compared-steps.ts';
import { loadNative } from '../../support/native-tensorflow.ts';
import { everyTask, taskBatch, taskNetwork, taskStep } from '../../support/task-steps.ts';

const native = await loadNative();
beforeEach((context) => {
  if (native.missing !== null) context.skip(native.missing);
});
const createStep = (options: StepOptions): TrainingStep => native.backend!.createStep(options);

const unmixable: readonly LearningTaskKind[] = ['ordinal', 'segmentation'];

/** What a recipe can ask of a task at most. */
function everythingOf({ kind }: LearningTask): RecipeInput {
  const mixup = unmixable.includes(kind) ? 0 : 1;
  return { ...everything, augmentation: { ...everyAugmentation, mixup } };
}

function weightsOf(task: LearningTask): number[] | null {
  if (task.kind === 'regression') return null;
  const outputs = task.classes.length + (task.kind === 'segmentation' ? 1 : 0);
  return Array.from({ length: outputs }, (_, label) => 0.5 + label * 0.75);
}

const networkId = ({ kind }: LearningTask): string =>
  kind === 'segmentation' ? 'alexnet-fcn' : 'alexnet-small';

// Every loss of every task, in turns whole and in pieces, plain and with all that can be asked.
const cases = everyTask.flatMap((task) =>
  lossesOf(task.kind).flatMap((loss: LossId, l) =>
    [0, 1].map((n) => {
      const asked = n === 0 ? plain : everythingOf(task);
      const microBatchSize = (n + l) % 2 === 0 ? null : 3;
      const what = n === 0 ? 'the default augmentation' : 'everything on';
      const settings: RecipeInput = { ...asked, loss: { ...asked.loss, id: loss }, microBatchSize };
      return { kind: task.kind, task, loss, microBatchSize, what, settings };
    }),
  ),
);

describe('the compiled step computes what the eager step computes of every task', () => {
  it.each(cases)('$kind, $loss, in pieces of $microBatchSize, $what', async ({ task, settings }) => {
    const options = taskStep(task, taskNetwork(task, networkId(task)), settings, {
      classWeights: weightsOf(task),
    });
    const batchOf = taskBatch(task);
    expectAlike(
      await trained(createStep, options, 3, batchOf),
      await trained(createEagerStep, options, 3, batchOf),
      options,
    );
  });

  it('the masks of a network that normalises batches too', async () => {
    const task = everyTask.find(({ kind }) => kind === 'segmentation')!;
    const network = taskNetwork(task, 'unet');
    const options = taskStep(task, network, everythingOf(task), { batchSizes: [8] });
    await expectSameSteps([createStep(options), createEagerStep(options)], options, taskBatch(task));
  });

  const inPieces = everyTask
    .filter(({ kind }) => kind !== 'segmentation')
    // Halves of rows that are answered rightly add up alike in any order, thirds do not.
    .map((task) => (task.kind === 'multiLabel' ? { ...task, classes: ['a', 'b'] } : task));
  it.each(inPieces.map((task) => [task.kind, task] as const))(
    'in pieces as whole: %s',
    async (_kind, task) => {
      const batchOf = taskBatch(task);
      const [whole, pieces] = [null, 3].map((microBatchSize) =>
        taskStep(task, taskNetwork(task, networkId(task)), { ...plain, microBatchSize }),
      );
      expectAlike(
        await trained(createStep, pieces!, 3, batchOf),
        await trained(createStep, whole!, 3, batchOf),
        whole!,
      );
    },
  );

  // A piece has a Dice of its own, whose mean over the pieces is near the Dice of the batch and not it.
  it.each([
    ['crossEntropy', true],
    ['focal', true],
    ['dice', false],
    ['diceCrossEntropy', false],
  ] as const)('masks by %s in pieces are the batch whole: %s', async (id, same) => {
    const task = everyTask.find(({ kind }) => kind === 'segmentation')!;
    const losses = await Promise.all(
      [null, 3].map(async (microBatchSize) => {
        const options = taskStep(task, taskNetwork(task, 'alexnet-fcn'), { loss: { id }, microBatchSize });
        return (await trained(createStep, options, 1, taskBatch(task))).results[0]!.loss;
      }),
    );
    const apart = Math.abs(losses[0]! - losses[1]!);
    if (same) expect(apart).toBeLessThan(1e-5);
    else expect(apart).toBeGreaterThan(1e-4);
    expect(apart).toBeLessThan(0.05);
  });
});

describe.each(['both', 'only'] as const)('a network that reads the clinical table (%s)', (use) => {
  const task = everyTask[0]!;
  const fusion = { use, units: 6, features: 5 };
  const network = taskNetwork(task, 'alexnet-small', fusion);
  const batchOf = taskBatch(task);

  it('has the weights of its dense layer, and of a last one that reads it', () => {
    const counts = new Map(weightSpecs(network).map(({ name, shape }) => [name, shape]));
    expect(counts.get('table_dense/kernel')).toEqual([5, 6]);
    expect(counts.get('table_dense/bias')).toEqual([6]);
    const alone = taskNetwork(task, 'alexnet-small');
    const ofPicture = weightSpecs(alone).at(-2)!.shape[0]!;
    expect(counts.get('probabilities/kernel')).toEqual([use === 'both' ? ofPicture + 6 : 6, 3]);
    const added = 5 * 6 + 6 + 6 * 3;
    expect(parameterCount(network)).toBe(use === 'both' ? parameterCount(alone) + added : added + 3);
  });

  it.each([null, 3])('computes the same compiled and one after another, in pieces of %s', async (size) => {
    for (const asked of [plain, everything]) {
      const options = taskStep(task, network, { ...asked, microBatchSize: size });
      expectAlike(
        await trained(createStep, options, 3, batchOf),
        await trained(createEagerStep, options, 3, batchOf),
        options,
      );
    }
  });

  it('says the same of rows on either, and heeds its inputs', async () => {
    const options = { ...taskStep(task, network), weights: initialWeights(network, 1), batchSize: 3 };
    const [compiled, eager] = [native.backend!.createPredictor(options), createEagerPredictor(options)];
    const batch = batchOf(options, 4);
    const other = batchOf(options, 4, 2);
    const said = await compiled.logits(batch);
    (await eager.logits(batch)).forEach((logit, i) => expect(said[i]).toBeCloseTo(logit, 5));
    expect(await compiled.logits({ ...batch, table: other.table })).not.toEqual(said);
    const ofOtherPictures = await compiled.logits({ ...batch, pixels: other.pixels });
    if (use === 'only') expect(ofOtherPictures).toEqual(said);
    else expect(ofOtherPictures).not.toEqual(said);
    compiled.dispose();
    eager.dispose();
  });
});
