import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { type Recipe, networkIds } from '../../../src/contract/recipe.ts';
import { ReadroomError } from '../../../src/contract/errors.ts';
import type { LearningTaskKind } from '../../../src/contract/learning-task.ts';
import {
  applySettings,
  applyWhatFits,
  parseRecipe,
  refuseContradictions,
  resolveRecipe,
  sizeUpTo,
} from '../../../src/core/recipe.ts';
import { findPreset, recipePresets } from '../../../src/core/recipe-presets.ts';
import { inputGeometry } from '../../../src/core/input-geometry.ts';
import { contradictions, oddities, unwatchable } from '../../../src/core/recipe-rules.ts';
import { findNetwork, networks } from '../../../src/nn/models/index.ts';

const base = findPreset('default').recipe;
const facts = { allGrey: true, cores: 4, task: 'multiClass', network: findNetwork('alexnet') } as const;

const learned = ['multiClass', 'binary', 'multiLabel', 'ordinal', 'regression', 'segmentation'] as const;

/** What a preset is made for: masks by its network, numbers by what it watches, classes else. */
function taskOfPreset({ network, earlyStopping }: Recipe): LearningTaskKind {
  if (findNetwork(network.id).says === 'pixels') return 'segmentation';
  return earlyStopping.monitor === 'valMae' ? 'regression' : 'multiClass';
}

function refusal(run: () => unknown): ReadroomError {
  try {
    run();
  } catch (error) {
    if (error instanceof ReadroomError) return error;
    throw error;
  }
  throw new Error('It was not refused');
}

describe('presets', () => {
  it.each(recipePresets)('$id resolves for every network that answers as its own does', ({ recipe, id }) => {
    expect(parseRecipe(recipe)).toEqual(recipe);
    expect(recipe.name).toBe(id);
    const task = taskOfPreset(recipe);
    const { says } = findNetwork(recipe.network.id);
    for (const network of networks.filter((each) => each.says === says))
      expect(
        resolveRecipe(applySettings(recipe, { 'network.id': network.id }), { ...facts, task, network }).input
          .size,
      ).toBeGreaterThanOrEqual(network.minimumSize);
  });

  it('tutorial is the worked example of the product brief', () => {
    const { recipe } = findPreset('tutorial');
    expect(recipe).toMatchObject({
      network: { id: 'alexnet', scale: 1, dropout: 0.5 },
      input: { size: 227, channels: 3, fit: 'stretch', kernel: 'nearest', normalization: 'unit' },
      augmentation: {
        rotationDegrees: 20,
        widthShift: 0.2,
        heightShift: 0.2,
        shearDegrees: 0.2,
        zoom: 0.2,
        horizontalFlip: true,
        brightness: 0,
        fill: 'nearest',
      },
      optimizer: { id: 'adam', learningRate: 1e-3, epsilon: 1e-7 },
      schedule: { id: 'constant', warmupEpochs: 0 },
      epochs: 10,
      batchSize: 32,
      earlyStopping: { patience: 0, restoreBest: false },
    });
  });

  it('default does not flip: left is not right in a body', () => {
    expect(base.augmentation.horizontalFlip).toBe(false);
  });

  it('an unknown one is refused with those there are', () => {
    const error = refusal(() => findPreset('best'));
    expect(error.code).toBe('unknownRecipe');
    expect(error.hint).toContain('tutorial');
  });
});

describe('parseRecipe', () => {
  it('names key, value and what is allowed, for every problem at once', () => {
    const error = refusal(() =>
      parseRecipe({
        formatVersion: 2,
        epoch: 3,
        epochs: 0,
        batchSize: 1.5,
        network: { id: 'vgg', scale: 'x', scle: 1 },
        input: { channels: 2, size: 7 },
        augmentation: 5,
        optimizer: { learningRate: -1 },
        seed: 1e12,
      }),
    );
    expect(error.code).toBe('badRecipe');
    for (const sentence of [
      'formatVersion is 2, but must be 1.',
      `network.id is "vgg", but must be one of ${networkIds.slice(0, -1).join(', ')} or unet.`,
      'network.scale is "x", but must be a number.',
      'network.scle is not a key of a recipe; did you mean network.scale?',
      'input.size is 7, but must be at least 8.',
      'input.channels is 2, but must be 1 or 3.',
      'augmentation is 5, but must be an object of keys.',
      'optimizer.learningRate is -1, but must be more than 0.',
      'epochs is 0, but must be at least 1.',
      'batchSize is 1.5, but must be a whole number.',
      'seed is 1000000000000, but must be at most 4294967295.',
      'epoch is not a key of a recipe; did you mean epochs?',
    ])
      expect(error.message).toContain(sentence);
  });

  it.each([null, 'text', [], 7, undefined])('refuses %j, which is no recipe', (input) => {
    expect(refusal(() => parseRecipe(input)).code).toBe('badRecipe');
  });

  it('fills what is left out', () => {
    expect(parseRecipe({})).toEqual(base);
  });
});

describe('keys that contradict each other', () => {
  it.each([
    [
      { microBatchSize: 32, batchSize: 16 },
      'microBatchSize is 32, but must be at most 16: it is a piece of the batchSize.',
    ],
    [
      { 'augmentation.pcaColour': 0.1, 'input.channels': 1 },
      'augmentation.pcaColour is 0.1, but must be 0 where pictures are grey: they have no colours to shift.',
    ],
    [
      { 'optimizer.id': 'sgd', 'optimizer.nesterov': true, 'optimizer.momentum': 0 },
      'optimizer.nesterov is true, but must be false where optimizer.momentum is 0: it looks ahead by the momentum.',
    ],
    [
      { 'input.size': 1024, 'input.tiles': 8 },
      'input.tiles is 8, but must be 5 or less with tiles of 1024 pixels: pictures may have 4096 along an edge.',
    ],
  ])('%j is refused with a sentence that begins with the key', (settings, sentence) => {
    const error = refusal(() => applySettings(base, settings));
    expect(error).toMatchObject({ code: 'badRecipe', data: { problems: [sentence] } });
    const written = applyWhatFits(base, settings);
    expect(written.refusals).toEqual([]);
    expect(refusal(() => parseRecipe(written.recipe)).message).toContain(sentence);
    expect(contradictions(written.recipe)).toEqual([sentence]);
  });

  it('stay apart from keys that are merely not used', () => {
    const settings = {
      microBatchSize: 16,
      batchSize: 16,
      'augmentation.pcaColour': 0.1,
      'loss.gamma': 5,
      'optimizer.nesterov': true,
      'optimizer.momentum': 0,
      'schedule.id': 'oneCycle',
      'schedule.warmupEpochs': 3,
    };
    expect(contradictions(applySettings(base, settings))).toEqual([]);
  });

  it('are found in what was decided too: grey pictures leave no colours to shift', () => {
    const colourful = applySettings(base, { 'augmentation.pcaColour': 0.1 });
    expect(contradictions(resolveRecipe(colourful, { ...facts, allGrey: false }))).toEqual([]);
    const grey = resolveRecipe(colourful, facts);
    expect(refusal(() => refuseContradictions(grey)).message).toContain('augmentation.pcaColour is 0.1');
  });

  it('may be set one after the other: only the whole counts', () => {
    const { recipe, refusals } = applyWhatFits(base, { microBatchSize: 32, batchSize: 64 });
    expect(refusals).toEqual([]);
    expect(parseRecipe(recipe)).toMatchObject({ microBatchSize: 32, batchSize: 64 });
  });
});

describe('a watched value', () => {
  const recipe = applySettings(base, { 'earlyStopping.monitor': 'valAuc' });

  it('that weighs classes needs validation images of each, and names those without', () => {
    expect(unwatchable(recipe, { normal: 3, pneumonia: 1 })).toBeNull();
    expect(unwatchable(recipe, { normal: 3, pneumonia: 0, other: 0 })).toBe(
      'earlyStopping.monitor is valAuc, which needs validation images of every class; there is none of pneumonia and other.',
    );
  });

  it('that counts images alone needs none of a class', () => {
    for (const monitor of ['valLoss', 'valAccuracy'])
      expect(
        unwatchable(applySettings(base, { 'earlyStopping.monitor': monitor }), { normal: 3, pneumonia: 0 }),
      ).toBeNull();
  });
});

describe('applyWhatFits', () => {
  it('keeps every setting that can be used beside one that cannot, and says why that cannot', () => {
    const { recipe, refusals } = applyWhatFits(base, { epochs: 3, epoch: 9, batchSize: 0, seed: '7' });
    expect(recipe).toMatchObject({ epochs: 3, batchSize: base.batchSize, seed: 7 });
    expect(refusals.map(({ code }) => code)).toEqual(['badRecipe', 'badRecipe']);
    expect(refusals[1]!.message).toContain('batchSize is 0');
  });
});

describe('applySettings', () => {
  it('reads texts as the command line gives them, and leaves the recipe that it starts from', () => {
    const changed = applySettings(base, {
      'network.scale': '0.25',
      'input.size': '67',
      'augmentation.horizontalFlip': 'true',
      'optimizer.learningRate': '1e-3',
      'backend.threads': 'null',
      epochs: 5,
      name: '2026',
    });
    expect(changed.network).toEqual({ id: 'alexnet', scale: 0.25, dropout: null });
    expect(changed.input.size).toBe(67);
    expect(changed.augmentation).toEqual({ ...base.augmentation, horizontalFlip: true });
    expect(changed.optimizer.learningRate).toBe(0.001);
    expect(changed).toMatchObject({ epochs: 5, name: '2026', backend: { threads: null } });
    expect(base).toEqual(parseRecipe({}));
    expect(applySettings(base, { name: 2026 }).name).toBe('2026');
  });

  it.each([
    ['learningRate', 'optimizer.learningRate'],
    ['network.scael', 'network.scale'],
    ['batchsize', 'batchSize'],
    ['earlystopping.patience', 'earlyStopping.patience'],
  ])('refuses the key %s and suggests %s', (key, suggested) => {
    const error = refusal(() => applySettings(base, { [key]: 1 }));
    expect(error).toMatchObject({ code: 'badRecipe', hint: `Did you mean ${suggested}?` });
    expect(error.message).toContain(key);
  });

  it.each([
    ['network', 'network.id'],
    ['zzzzzz', 'Known keys'],
    ['__proto__.polluted', 'Known keys'],
    ['network.id.x', ''],
  ])('refuses %s, which is no leaf', (key, hint) => {
    const error = refusal(() => applySettings(base, { [key]: '1' }));
    expect(error.code).toBe('badRecipe');
    expect(error.hint).toContain(hint);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.each([
    { epochs: '0' },
    { epochs: 'many' },
    { 'input.size': '' },
    { 'augmentation.zoom': 'true' },
    { 'network.scale': 'Infinity' },
  ])('refuses the value of %j, naming it', (settings) => {
    const [[key, value]] = Object.entries(settings) as [[string, string]];
    const error = refusal(() => applySettings(base, settings));
    expect(error.code).toBe('badRecipe');
    expect(error.message).toContain(`${key} is `);
    expect(error.message).toContain(value);
  });
});

describe('a window', () => {
  const windowOf = (settings: Record<string, unknown>) => applySettings(base, settings).input.window;

  it('is a name, or two numbers, also one after the other', () => {
    expect(windowOf({ 'input.window': 'bone' })).toBe('bone');
    const numbers = { 'input.window.center': '40', 'input.window.width': '400' };
    expect(windowOf(numbers)).toEqual({ center: 40, width: 400 });
    expect(windowOf({ 'input.window': { center: 40, width: 400 } })).toEqual({ center: 40, width: 400 });
    const changed = applySettings(applySettings(base, numbers), { 'input.window.width': 80 });
    expect(changed.input.window).toEqual({ center: 40, width: 80 });
    expect(applySettings(changed, { 'input.window': 'full' }).input.window).toBe('full');
    expect(applyWhatFits(base, { ...numbers, epochs: 0 }).recipe.input.window).toEqual({
      center: 40,
      width: 400,
    });
  });

  it('as the file says is written by leaving it out', () => {
    for (const recipe of [
      parseRecipe({ input: { window: 'file' } }),
      applySettings(applySettings(base, { 'input.window': 'lung' }), { 'input.window': 'file' }),
    ])
      expect(JSON.stringify(recipe)).toBe(JSON.stringify(base));
  });

  // Output, table and transfer stand in every recipe since there are tasks, and tiles since there are these; the rest is
  // as it was, to the byte.
  it('leaves a recipe without one as it was written before there was a choice, to the byte', () => {
    const sha256 = (recipe: unknown): string =>
      createHash('sha256')
        .update(JSON.stringify(recipe, null, 2))
        .digest('hex');
    expect(
      ['default', 'quick', 'tutorial'].map((id) => {
        const { recipe } = findPreset(id);
        const resolved = resolveRecipe(recipe, { ...facts, network: findNetwork(recipe.network.id) });
        const { output, table, transfer, input, ...others } = resolved;
        const { tiles, ...inputBefore } = input;
        expect(tiles).toBe(1);
        expect([output, table, transfer]).toEqual([
          { twoClasses: 'softmax', grades: 'ordinal' },
          { use: 'none', units: 16 },
          { weights: null, frozenStages: 0, unfreezeEvery: 0, stageRate: 1 },
        ]);
        // In the order in which they were written.
        const rest = Object.fromEntries(
          Object.entries({ ...resolved, input: inputBefore }).filter(
            ([key]) => key in others || key === 'input',
          ),
        );
        return sha256(rest).slice(0, 16);
      }),
    ).toEqual(['2140b82701d4e5ba', 'ff7252ebe7bb3dff', '3de3b4a332d69aa9']);
  });

  it.each([
    [{ 'input.window': 'bnoe' }, 'input.window is "bnoe", but must be one of file, full, abdomen, lung'],
    [{ 'input.window.center': 40 }, 'input.window.width is missing, but must be a number.'],
    [
      { 'input.window.center': 40, 'input.window.width': 0 },
      'input.window.width is 0, but must be more than 0.',
    ],
    [{ 'input.window': { center: 1, width: 2, curve: 'x' } }, 'input.window.curve is not a key of a recipe'],
    [{ 'input.window.level': 40 }, 'A recipe has no key input.window.level.'],
  ])('%j is refused with a sentence that names the key', (settings, sentence) => {
    const error = refusal(() => applySettings(base, settings));
    expect(error.code).toBe('badRecipe');
    expect(error.message).toContain(sentence);
  });

  it('is to the decoder what its name stands for', () => {
    const geometry = (settings: Record<string, unknown>) =>
      inputGeometry(resolveRecipe(applySettings(base, settings), facts).input);
    const plain = { size: 227, channels: 1, fit: 'stretch', kernel: 'lanczos3' };
    expect(geometry({})).toStrictEqual(plain);
    expect(geometry({ 'input.window': 'full' })).toStrictEqual({ ...plain, window: 'full' });
    expect(geometry({ 'input.window': 'bone' })).toStrictEqual({
      ...plain,
      window: { center: 400, width: 1800, unit: 'HU' },
    });
    const numbers = { 'input.window.center': 400, 'input.window.width': 1800 };
    expect(geometry(numbers).window).toEqual({ center: 400, width: 1800, unit: null });
  });
});

describe('resolveRecipe', () => {
  const rate = (settings: Record<string, unknown>): number =>
    resolveRecipe(applySettings(base, settings), facts).optimizer.learningRate;

  it('decides size, channels and threads from the facts, and leaves what was chosen', () => {
    expect(resolveRecipe(base, facts)).toMatchObject({
      input: { size: 227, channels: 1 },
      backend: { threads: 4 },
    });
    expect(resolveRecipe(base, { ...facts, allGrey: false }).input.channels).toBe(3);
    const chosen = applySettings(base, { 'input.size': 100, 'input.channels': 3, 'backend.threads': 1 });
    expect(resolveRecipe(chosen, facts)).toMatchObject({
      input: { size: 100, channels: 3 },
      backend: { threads: 1 },
    });
  });

  it("takes the network's own dropout at its width unless one was chosen", () => {
    const dropout = (settings: Record<string, unknown>): number =>
      resolveRecipe(applySettings(base, settings), facts).network.dropout;
    expect([dropout({}), dropout({ 'network.scale': 0.25 }), dropout({ 'network.dropout': 0 })]).toEqual([
      0.5, 0.3, 0,
    ]);
  });

  it('takes the learning rate that suits width and optimiser', () => {
    expect(rate({})).toBe(1e-4);
    expect(rate({ 'network.scale': 0.51 })).toBe(1e-4);
    expect(rate({ 'network.scale': 0.5 })).toBe(1e-3);
    expect(rate({ 'optimizer.id': 'sgd' })).toBeCloseTo(1e-3, 15);
    expect(rate({ 'optimizer.id': 'sgd', 'network.scale': 0.25 })).toBeCloseTo(1e-2, 15);
    expect(rate({ 'optimizer.id': 'adamw' })).toBe(1e-4);
    expect(rate({ 'optimizer.id': 'adamw', 'network.scale': 0.25 })).toBe(1e-3);
    // Its momentum of 0.9 adds ten steps up.
    expect(rate({ 'optimizer.id': 'rmsprop' })).toBeCloseTo(1e-5, 15);
    expect(rate({ 'optimizer.id': 'rmsprop', 'optimizer.momentum': 0 })).toBe(1e-4);
    expect(rate({ 'optimizer.learningRate': 0.5 })).toBe(0.5);
  });

  it("refuses a size below the network's minimum, naming it", () => {
    const error = refusal(() => resolveRecipe(applySettings(base, { 'input.size': 66 }), facts));
    expect(error.code).toBe('inputTooSmall');
    expect(error.message).toBe('The input size is 66 pixels; network alexnet needs at least 67.');
    expect(resolveRecipe(applySettings(base, { 'input.size': 67 }), facts).input.size).toBe(67);
  });

  const inSteps = { ...facts, network: { ...findNetwork('alexnet'), minimumSize: 40, sizeStep: 32 } };

  it.each([
    [250, '224 or 256'],
    [65, '64 or 96'],
    [50, '64'],
  ])('refuses %i where sizes are multiples of 32, naming %s', (size, nearest) => {
    const error = refusal(() => resolveRecipe(applySettings(base, { 'input.size': size }), inSteps));
    expect(error.data['problems']).toEqual([
      `input.size is ${size}, but must be a multiple of 32 for network alexnet: ${nearest}.`,
    ]);
    const near = Number(nearest.split(' ')[0]);
    expect(sizeUpTo(size, inSteps.network)).toBe(near);
    expect(resolveRecipe(applySettings(base, { 'input.size': near }), inSteps).input.size).toBe(near);
  });

  it('decides the loss by what is learned, and leaves what was chosen', () => {
    const loss = (task: LearningTaskKind, settings: Record<string, unknown> = {}): string =>
      resolveRecipe(applySettings(base, settings), { ...facts, task }).loss.id;
    expect(learned.map((task) => loss(task))).toEqual([
      ...['crossEntropy', 'crossEntropy', 'crossEntropy', 'crossEntropy', 'squared', 'diceCrossEntropy'],
    ]);
    expect(loss('regression', { 'loss.id': 'huber' })).toBe('huber');
    expect(loss('segmentation', { 'loss.id': 'focal' })).toBe('focal');
  });

  it.each<[LearningTaskKind, Record<string, unknown>, string]>([
    ['multiClass', { 'loss.id': 'dice' }, 'loss.id is dice, but must be crossEntropy or focal'],
    ['regression', { 'loss.id': 'focal' }, 'loss.id is focal, but must be one of squared, huber or absolute'],
    [
      'ordinal',
      { 'earlyStopping.monitor': 'valDice' },
      'earlyStopping.monitor is valDice, but must be one of',
    ],
    ['segmentation', { 'earlyStopping.monitor': 'valAuc' }, 'earlyStopping.monitor is valAuc, but must be'],
    ['regression', { classWeights: 'balanced' }, 'classWeights is balanced, but must be none'],
    ['multiLabel', { sampling: 'balanced' }, 'sampling is balanced, but must be shuffled'],
    ['segmentation', { 'augmentation.mixup': 0.2 }, 'augmentation.mixup is 0.2, but must be 0'],
    ['ordinal', { 'augmentation.mixup': 0.2 }, 'augmentation.mixup is 0.2, but must be 0'],
    ['segmentation', { 'table.use': 'both' }, 'table.use is both, but must be none'],
    ['ordinal', { 'input.tiles': 2 }, 'input.tiles is 2, but must be 1 where grades are learned'],
  ])('where %s is learned refuses %j', (task, settings, sentence) => {
    const error = refusal(() => resolveRecipe(applySettings(base, settings), { ...facts, task }));
    expect(error.code).toBe('badRecipe');
    expect(error.data['problems']).toEqual([expect.stringContaining(sentence)]);
  });
});

describe('what is allowed and rarely meant', () => {
  it('is nothing in the presets', () => {
    for (const { recipe } of recipePresets) expect(oddities(recipe)).toEqual([]);
  });

  it.each([
    [{ 'optimizer.id': 'adamw' }, '0.01'],
    [{ sampling: 'balanced', classWeights: 'balanced' }, 'twice'],
  ])('is said of %j', (settings, word) => {
    expect(oddities(applySettings(base, settings))).toEqual([expect.stringContaining(word)]);
  });

  it.each([
    { 'optimizer.id': 'adamw', 'optimizer.weightDecay': 0.01 },
    { sampling: 'balanced' },
    { classWeights: 'balanced' },
  ])('is not said of %j', (settings) => {
    expect(oddities(applySettings(base, settings))).toEqual([]);
  });
});
