import { rmSync } from 'node:fs';

import path from 'node:path';

import { v7 as uuid } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type SplitPart, splitInput } from '../../src/contract/split.ts';
import { importLabels } from '../../src/engine/interchange/import-labels.ts';
import { changeAnnotations } from '../../src/engine/label/annotations.ts';
import { assignLabels } from '../../src/engine/label/label-service.ts';
import { maskTruths } from '../../src/engine/runs/mask-truths.ts';
import { planOf } from '../../src/engine/runs/plan.ts';
import { classesNow } from '../../src/engine/runs/run-classes.ts';
import { readManifest, runFolderOf } from '../../src/engine/runs/run-folder.ts';
import { planRerun, planTraining, type RunDependencies } from '../../src/engine/runs/train.ts';
import { compareVersions } from '../../src/engine/split/compare-versions.ts';
import { currentVersion, splitProject } from '../../src/engine/split/split-service.ts';
import { type ImportBench, openImportBench } from '../support/import-project.ts';
import { greyPng } from '../support/picture-files.ts';
import { quickly, spawn, trainHere, untroubled } from '../support/run-bench.ts';

let bench: ImportBench;
let images: string[];
afterEach(() => bench.close());

const [width, height] = [40, 30];
const labels = { kind: 'multi', level: 'image', number: null, shapes: [] } as const;
const unet = {
  ...{ 'network.id': 'unet', 'network.scale': 0.1, 'input.size': 32, 'input.fit': 'pad' },
  ...{ batchSize: 4, epochs: 1, 'backend.id': 'tensorflow', 'earlyStopping.monitor': 'valDice' },
};
const film = (shade: number) => greyPng(width, height, Array<number>(width * height).fill(shade));

/** A lesion on every second picture of twelve patients, said of the others that nothing is there. */
beforeEach(async () => {
  bench = await openImportBench({ classes: ['lesion', 'rim'], labels: { ...labels, shapes: [] } });
  const patients = Array.from({ length: 12 }, (_, patient) => patient);
  bench.write(Object.fromEntries(patients.map((at) => [`films/P${at}/${at}.png`, film(20 + at)])));
  await bench.run({ sources: ['films'], patient: { from: 'folder' } });
  images = patients.map((at) => bench.session.dataset.findImage(`${at}.png`));
  images.forEach((image, at) => (at % 2 ? say(image, []) : void draw(image)));
  await splitProject(
    bench.session,
    splitInput.parse({ project: bench.session.id, seed: 1, train: 0.5, val: 0.25, test: 0.25 }),
  );
});

function say(image: string, set: string[]): void {
  const { session } = bench;
  assignLabels(session, [image], { change: { classes: { set } }, reader: 'Ben', round: '' });
}

/** @returns its id */
function draw(image: string, x = 5): string {
  const { session } = bench;
  const id = uuid();
  const shape = { kind: 'box' as const, x, y: 4, width: 12, height: 9 };
  changeAnnotations(session, {
    ...{ image, reader: 'Ben', round: '', remove: [] },
    put: [{ id, class: session.projects.classNamed('lesion').id, shape }],
  });
  return id;
}

const erase = (image: string, ids: readonly string[]) =>
  changeAnnotations(bench.session, { image, reader: 'Ben', round: '', put: [], remove: [...ids] });

const drawnOn = (image: string): string[] => bench.session.annotations.ofImage(image).map(({ id }) => id);

const partOf = (part: SplitPart): string[] => {
  const { dataset } = bench.session;
  const members = dataset.members(dataset.currentVersion()!);
  return members.filter((member) => member.part === part).map(({ image }) => image);
};

const dependencies = (): RunDependencies => ({
  ...{ spawn, pool: bench.pool, keptWeights: bench.keptWeights },
  publish: () => undefined,
});

describe('what masks are learned of', () => {
  it('leaves out an image whose label names a class that nobody drew on it, and says so', async () => {
    const { session } = bench;
    const before = (await planOf(session, { set: unet })).counts!;
    const [image] = partOf('train').filter((one) => drawnOn(one).length === 0);
    // Of rim nothing is drawn anywhere: this says only that somebody looked.
    say(image!, ['rim']);
    expect((await planOf(session, { set: unet })).counts).toEqual(before);
    say(image!, ['lesion']);
    const plan = await planOf(session, { set: unet });
    expect(plan.counts).toEqual({ ...before, train: before.train - 1 });
    const told =
      '1 image is left out: a label says that a class is there which is drawn on other images and not on it. Draw it there, or take the label away.';
    expect(plan.warnings).toContain(told);
    const { run } = await planTraining(session, { set: unet }, dependencies());
    expect(session.runs.get(run).warnings).toContain(told);
  });

  it('refuses what no epoch could be best by: no drawing to validate with, no class to tell apart', async () => {
    const { session } = bench;
    const refused = async (set: Record<string, unknown>, problem: string): Promise<void> => {
      expect((await planOf(session, { set })).problems).toContainEqual(expect.stringContaining(problem));
      await expect(planTraining(session, { set }, dependencies())).rejects.toMatchObject({
        code: 'classMissingFromSplit',
        message: problem,
      });
    };
    for (const image of partOf('val')) {
      erase(image, drawnOn(image));
      say(image, []);
    }
    await refused(
      unet,
      'earlyStopping.monitor is valDice, which needs validation images that are drawn on; there is none.',
    );
    images.filter((image) => drawnOn(image).length > 0).forEach((image) => say(image, ['lesion']));
    await refused(
      { ...quickly, 'earlyStopping.monitor': 'valAuc' },
      'earlyStopping.monitor is valAuc, which needs a class that some validation images have and others do not; there is none.',
    );
  });
});

describe('drawings in a version of the dataset', () => {
  it('makes a version of its own for masks when a stroke is drawn, and none for classes', async () => {
    const { session } = bench;
    const [classes, masks] = [await currentVersion(session), await currentVersion(session, true)];
    expect(masks.version.hash).not.toBe(classes.version.hash);
    draw(images[0]!, 20);
    expect((await currentVersion(session)).version.hash).toBe(classes.version.hash);
    const redrawn = await currentVersion(session, true);
    expect(redrawn.version.hash).not.toBe(masks.version.hash);
    const compare = (from: string, to: string) => compareVersions(session, { from, to });
    // Would catch: two versions that only drawings tell apart called the same.
    expect(await compare(masks.version.hash, redrawn.version.hash)).toMatchObject({
      ...{ same: false, redrawn: true, relabelled: [], moved: [] },
    });
    expect(await compare(masks.version.hash, masks.version.hash)).toMatchObject({
      same: true,
      redrawn: false,
    });
    expect(await compare(classes.version.hash, masks.version.hash)).toMatchObject({ redrawn: null });
  });

  it('does not train on drawings that changed while the run waited', async () => {
    const { train, run } = await planTraining(bench.session, { set: unet }, dependencies());
    draw(images[0]!, 20);
    await expect(train(untroubled())).rejects.toMatchObject({
      code: 'changedSince',
      message: 'Drawings have changed since the run was started.',
    });
    expect(bench.session.runs.get(run).status).toBe('failed');
  });

  it('trains a run again on its masks though they were erased, and says when those are gone', async () => {
    const { session } = bench;
    const first = await trainHere(bench, { set: unet });
    const folder = runFolderOf(session.folder, first.run);
    const manifest = readManifest(folder);
    const version = session.dataset.versionByHash(first.datasetVersion);
    const masksAgain = () =>
      maskTruths(
        session,
        { version, classes: classesNow(session), rerunOf: first.run },
        session.dataset.members(version),
      );
    const [erased] = partOf('train').filter((image) => drawnOn(image).length > 0);
    const [id] = drawnOn(erased!);
    erase(erased!, [id!]);
    const { train } = await planRerun(session, first.run, dependencies());
    const again = await train(untroubled());
    const second = readManifest(runFolderOf(session.folder, again.run));
    expect(second.rows).toEqual(manifest.rows);
    expect(second.masks).toEqual(manifest.masks);
    expect(again.weightsSha256).toBe(first.weightsSha256);

    rmSync(path.join(folder.root, manifest.masks!.file));
    await expect(planRerun(session, first.run, dependencies())).rejects.toMatchObject({
      code: 'changedSince',
      message: `The masks of run ${first.run} are not in its folder any more, and drawings have changed since, so it cannot be trained again.`,
    });
    draw(erased!);
    expect((await masksAgain()).notes).toEqual([
      `The masks of run ${first.run} are not in its folder any more: they were made again from drawings, which have not changed.`,
    ]);
  });
});

it('takes in masks of a folder and a file that would be called the same without the folder', async () => {
  const two = await openImportBench({
    classes: ['lesion'],
    labels: { ...labels, shapes: [] },
    pool: { size: 2 },
  });
  const mask = (value: number) => greyPng(width, height, Array<number>(width * height).fill(value));
  try {
    const pairs = Array.from({ length: 12 }, (_, at) => [`p${at}/b.png`, `p${at}_b.png`] as const);
    pairs.forEach(([inside, beside], at) =>
      two.write({ [`films/${inside}`]: film(90 + at), [`films/${beside}`]: film(190 + at) }),
    );
    await two.run({ sources: ['films'] });
    for (const [inside, beside] of pairs)
      two.write({ [`masks/${inside}`]: mask(1), [`masks/${beside}`]: mask(0) });
    const report = await importLabels(
      two.session,
      { project: '', format: 'mask-png', source: `${two.data}/masks`, reader: 'Ada', dryRun: false },
      untroubled(),
      two,
    );
    expect(report).toMatchObject({ shapes: 12, labels: 12, refusedTotal: 0 });
  } finally {
    await two.close();
  }
});
