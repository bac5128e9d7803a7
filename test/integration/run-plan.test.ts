import { existsSync, readFileSync, renameSync, rmSync, utimesSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { trainingPlanSchema } from '../../src/contract/run.ts';
import { planOf } from '../../src/engine/runs/plan.ts';
import { previewAugmentation } from '../../src/engine/runs/preview-augmentation.ts';
import type { ImportBench } from '../support/import-project.ts';
import { openImportBench } from '../support/import-project.ts';
import { openRunBench, quickly, spawn, trainHere, untroubled } from '../support/run-bench.ts';

let bench: ImportBench;

beforeAll(async () => {
  bench = await openRunBench();
});
afterAll(() => bench.close());

const tools = () => ({ spawn, pool: bench.pool });
const plainly = Object.fromEntries(
  ['rotationDegrees', 'widthShift', 'heightShift', 'shearDegrees', 'zoom', 'brightness'].map((key) => [
    `augmentation.${key}`,
    0,
  ]),
);

describe('a plan', () => {
  it('says what AlexNet would be on the images that are there', async () => {
    const plan = trainingPlanSchema.parse(await planOf(bench.session, { set: { 'input.channels': 3 } }));
    // Two classes instead of a thousand: 998 · 4,097 parameters less.
    expect(plan.parameters).toBe(62_378_344 - 998 * 4097);
    expect(plan.multiplyAdds).toBeCloseTo(1.131e9, -7);
    expect(plan.recipe.input).toMatchObject({ size: 227, channels: 3 });
    const { counts } = plan;
    expect(counts!.train + counts!.val + counts!.test).toBe(24);
    expect(plan.stepsPerEpoch).toBe(Math.ceil(counts!.train / 16));
    expect(plan.memory.availableBytes).toBeGreaterThan(1e8);
    // Grey pictures stand in one channel.
    expect(plan.disk.bytes).toBe(plan.parameters * 4 * 12 + 24 * 227 * 227);
    expect(plan.problems).toEqual([]);
    expect(plan.warnings.join(' ')).toContain('to train on');
    expect(plan.classes).toEqual(['sick', 'well']);
  });

  it('tells of bad values as problems and plans the rest, writing nothing', async () => {
    const versions = bench.session.dataset.currentVersion()!.position;
    const set = { ...quickly, 'input.size': 20, epoch: 3, batchSize: 'many', 'network.id': 'alexnet' };
    const plan = await planOf(bench.session, { set });
    const problems = plan.problems.join('\n');
    expect(problems).toContain('Did you mean epochs?');
    expect(problems).toContain('batchSize is "many"');
    expect(problems).toContain('needs at least 67');
    expect(plan.recipe.input.size).toBe(67);
    expect(plan.layers).not.toEqual([]);
    expect((await planOf(bench.session, { recipe: { epochs: -1 }, set: {} })).problems.join()).toContain(
      'epochs is -1',
    );
    expect((await planOf(bench.session, { preset: 'nobody', set: {} })).problems.join()).toContain('nobody');
    expect(bench.session.dataset.currentVersion()!.position).toBe(versions);
  });

  it('says that masks cannot be learned where nothing is drawn, and plans them all the same', async () => {
    const plan = await planOf(bench.session, { set: { 'network.id': 'unet', 'network.scale': 0.1 } });
    expect(plan.problems).toEqual([expect.stringMatching(/^No image of the training part is drawn on/)]);
    // The background is one of them.
    expect(plan.layers.at(-1)!.shape).toEqual([256, 256, 3]);
  });

  it('that this machine is too small for proposes what fits, and the proposal does', async () => {
    const set = { 'network.scale': 4, 'input.size': 1024, batchSize: 4096 };
    const { shortages, problems } = await planOf(bench.session, { set });
    const memory = shortages.find((shortage) => shortage.of === 'memory')!;
    expect(problems).toContain(`${memory.message} ${memory.hint}`);
    expect(memory.proposal).not.toBeNull();
    const again = await planOf(bench.session, { set: { ...set, ...memory.proposal } });
    expect(again.shortages.map((shortage) => shortage.of)).not.toContain('memory');
  });

  it('takes its time from what was measured here', async () => {
    expect((await planOf(bench.session, { set: quickly })).time!.basis).toContain('rough guess');
    const { imagesPerSecond } = await trainHere(bench);
    const { time, counts } = await planOf(bench.session, { set: quickly });
    expect(time!.basis).toContain('earlier training');
    const expected = (2 * (counts!.train + counts!.val / 3)) / imagesPerSecond!;
    expect(time!.lowSeconds).toBeLessThan(expected);
    expect(time!.highSeconds).toBeGreaterThan(expected);
  });

  it('of a project without a split or images has that as its problem', async () => {
    const empty = await openImportBench({ classes: ['a', 'b'] });
    const plan = trainingPlanSchema.parse(await planOf(empty.session, { set: {} }));
    expect(plan).toMatchObject({ counts: null, time: null, stepsPerEpoch: null });
    expect(plan.problems).toHaveLength(1);
    expect(plan.problems[0]).toContain('make a split');
    await expect(
      previewAugmentation(empty.session, { set: {}, copies: 1 }, { spawn, pool: empty.pool }, untroubled()),
    ).rejects.toMatchObject({ code: 'tooFewImages' });
    await empty.close();
  });
});

describe('a preview of the augmentation', () => {
  const previews = (): string => path.join(bench.session.folder, 'cache', 'previews');

  it('shows images of the training part, plain and moved; without augmentation both are the same', async () => {
    const set = { ...quickly, ...plainly };
    const plain = await previewAugmentation(bench.session, { set, copies: 2 }, tools(), untroubled());
    expect(plain.pictures).toHaveLength(4);
    const read = (name: string): Buffer => readFileSync(path.join(previews(), name));
    for (const { plain: own, augmented } of plain.pictures)
      for (const name of augmented) expect(read(name).equals(read(own))).toBe(true);

    for (const channels of [1, 3]) {
      const request = { set: { ...quickly, 'input.channels': channels }, copies: 2 };
      const { pictures } = await previewAugmentation(bench.session, request, tools(), untroubled());
      const [{ plain: own, augmented }] = pictures as [(typeof pictures)[0]];
      expect(read(own).subarray(8, 12).toString()).toBe('WEBP');
      expect(read(augmented[0]!).equals(read(own))).toBe(false);
      expect(read(augmented[0]!).equals(read(augmented[1]!))).toBe(false);
    }
  });

  it('sweeps pictures of long ago, not those that another window may show', async () => {
    const request = { set: quickly, copies: 1 };
    const [old, recent] = [
      await previewAugmentation(bench.session, request, tools(), untroubled()),
      await previewAugmentation(bench.session, request, tools(), untroubled()),
    ].map(({ pictures }) => path.join(previews(), pictures[0]!.plain)) as [string, string];
    utimesSync(old, 0, 0);
    await previewAugmentation(bench.session, request, tools(), untroubled());
    expect([existsSync(old), existsSync(recent)]).toEqual([false, true]);
  });
});

it('a training that finds a file gone says so, and notes the image as missing', async () => {
  rmSync(path.join(bench.session.folder, 'cache', 'inputs'), { recursive: true });
  const { path: file, image } = bench.session.dataset.file(bench.session.runs.imagesToShow(1)[0]!);
  renameSync(file, `${file}.away`);
  await expect(trainHere(bench)).rejects.toMatchObject({ code: 'fileNotFound' });
  renameSync(`${file}.away`, file);
  expect(bench.session.dataset.file(image).missingSince).not.toBeNull();
});
