import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import sharp from 'sharp';
import { v7 as uuid } from 'uuid';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { splitInput } from '../../src/contract/split.ts';
import { maskFromRuns, maskOfPicture } from '../../src/core/masks.ts';
import { finish } from '../../src/core/steps.ts';
import { evaluateMasks } from '../../src/engine/evaluate/mask-rows.ts';
import { exportLabels } from '../../src/engine/interchange/export-labels.ts';
import { importLabels } from '../../src/engine/interchange/import-labels.ts';
import { allAnnotations, changeAnnotations } from '../../src/engine/label/annotations.ts';
import { planOf } from '../../src/engine/runs/plan.ts';
import { predictPart } from '../../src/engine/runs/predictions.ts';
import { readManifest, readPredictions, runFolderOf } from '../../src/engine/runs/run-folder.ts';
import { withRun } from '../../src/engine/runs/with-compute.ts';
import { currentVersion, splitProject } from '../../src/engine/split/split-service.ts';
import { type ImportBench, openImportBench } from '../support/import-project.ts';
import { greyPng, writePng } from '../support/picture-files.ts';
import { spawn, trainHere, untroubled } from '../support/run-bench.ts';

let bench: ImportBench;
afterEach(() => bench.close());

const [width, height] = [40, 30];
const classes = ['lesion', 'rim'];
const patients = 12;

/** What a picture shows: a bright rectangle, of every third patient nothing. */
const shown = (patient: number, nth: number) =>
  patient % 3 === 0 ? null : { x: 3 + 2 * nth + patient, y: 4 + nth, width: 12, height: 9 };

/** Values of a mask, or of a picture in which class 1 is bright. */
function painted(patient: number, nth: number, values: readonly [outside: number, ...classes: number[]]) {
  const box = shown(patient, nth);
  return Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    if (!box || x < box.x || y < box.y || x >= box.x + box.width || y >= box.y + box.height) return values[0];
    return y === box.y ? values[2]! : values[1]!;
  });
}

beforeEach(async () => {
  bench = await openImportBench({
    classes,
    labels: { kind: 'multi', level: 'image', number: null, shapes: [] },
  });
  const films = Array.from({ length: patients * 2 }, (_, index) => {
    const [patient, nth] = [index >> 1, index % 2];
    const samples = painted(patient, nth, [20 + index, 200, 200]);
    return [`films/P${patient}/${patient}-${nth}.png`, greyPng(width, height, samples)] as const;
  });
  bench.write(Object.fromEntries(films));
  await bench.run({ sources: ['films'], patient: { from: 'folder' } });
});

/** Masks as programs write them: a palette, grey, and one named after its image. */
function writeMasks(): void {
  for (let index = 0; index < patients * 2; index += 1) {
    const [patient, nth] = [index >> 1, index % 2];
    const samples = painted(patient, nth, [0, 1, 2]);
    const indexed = { width, height, colourType: 3 as const, bits: 8 as const, samples };
    const isIndexed = index % 2 === 0;
    const name = `masks/P${patient}/${patient}-${nth}${isIndexed ? '' : '_mask'}.png`;
    const palette = [0, 0, 0, 255, 0, 0, 0, 255, 0];
    bench.write({
      [name]: isIndexed ? writePng({ ...indexed, palette }) : greyPng(width, height, samples),
    });
  }
}

const take = (folder: string, dryRun = false) =>
  importLabels(
    bench.session,
    { project: '', format: 'mask-png', source: path.join(bench.data, folder), reader: 'Ada', dryRun },
    untroubled(),
    bench,
  );

const split = () =>
  splitProject(
    bench.session,
    splitInput.parse({ project: bench.session.id, seed: 1, train: 0.5, val: 0.25, test: 0.25 }),
  );

const idOf = (name: string): string => bench.session.dataset.findImage(name);

const unet = {
  ...{
    'network.id': 'unet',
    'network.scale': 0.1,
    'input.size': 32,
    'input.fit': 'pad',
    batchSize: 4,
    epochs: 6,
  },
  ...{ 'backend.id': 'tensorflow', 'optimizer.id': 'adam', 'optimizer.learningRate': 0.01 },
};

it('takes masks in as one action: drawings of each class, and of background alone that nothing is there', async () => {
  writeMasks();
  const told = await take('masks', true);
  expect(allAnnotations(bench.session, idOf('1-0.png'))).toEqual([]);
  const report = await take('masks');
  expect(report).toEqual({ ...told, dryRun: false });
  expect(report).toMatchObject({ shapes: 32, labels: 8, images: 24, refusedTotal: 0, warnings: [] });
  const drawn = allAnnotations(bench.session, idOf('1-0.png'));
  const lesion = bench.session.projects.classNamed('lesion').id;
  const shape = drawn.find((one) => one.class === lesion)!.shape;
  // The first row is of the other class.
  expect(shape).toMatchObject({ kind: 'mask', x: 4, y: 5, width: 12, height: 8 });
  expect(await take('masks')).toMatchObject({ shapes: 0, labels: 0, alreadyPresent: 40 });
  const { undo } = bench.session.journal.reversible(
    bench.session.projects.readerNamed('Ada', 'person').id,
    '',
  );
  expect(undo).toMatchObject({ count: 40 });
});

it('refuses masks that do not fit, each with what is wrong, and takes in the others', async () => {
  const grey = (w: number, h: number, value: number) => greyPng(w, h, Array<number>(w * h).fill(value));
  const jpeg = await sharp(Buffer.alloc(width * height), { raw: { width, height, channels: 1 } })
    .jpeg()
    .toBuffer();
  const rgb = Array.from({ length: width * height * 3 }, (_, at) => (at % 3) * 9);
  bench.write({
    'bad/P1/1-0.png': grey(20, 15, 1),
    'bad/P1/1-1.png': grey(width, height, 7),
    'bad/P2/2-0.jpg': jpeg,
    'bad/P2/2-1.png': writePng({ width, height, colourType: 2, bits: 8, samples: rgb }),
    'bad/P4/nobody.png': grey(width, height, 1),
    'bad/P5/5-0.png': Buffer.from('no picture'),
    'bad/P5/5-1.png': grey(width, height, 2),
  });
  const report = await take('bad');
  expect(report).toMatchObject({ shapes: 1, images: 1, refusedTotal: 6 });
  const told = Object.fromEntries(report.refused.map((one) => [one.where, one.message]));
  expect(told['P1/1-0.png']).toBe('The mask is of 20 × 15 pixels, its image P1/1-0.png of 40 × 30.');
  expect(told['P1/1-1.png']).toBe(
    'Of the value 7 no class is known: 0 is background, 1 is lesion, 2 is rim.',
  );
  expect(told['P2/2-0.jpg']).toContain('jpeg file is no mask');
  expect(told['P2/2-1.png']).toContain('picture in colours');
  expect(told['P4/nobody.png']).toBe('No image of the project is called so.');
  expect(told['P5/5-0.png']).toContain('not a picture');
  await expect(take('nowhere')).rejects.toMatchObject({ code: 'fileNotFound' });
});

it('writes masks out as it takes them in', async () => {
  writeMasks();
  await take('masks');
  const to = path.join(bench.data, 'out');
  const { session } = bench;
  const choice = { project: '', format: 'mask-png', to, which: { of: 'record' } } as const;
  const written = await exportLabels(session, choice, untroubled(), { pool: bench.pool, version: 'test' });
  expect(written).toMatchObject({ images: 24, shapes: 32 });
  expect(readFileSync(path.join(to, 'classes.csv'), 'utf8')).toBe('value,class\n1,lesion\n2,rim\n');
  const names = readdirSync(to, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.png'),
  );
  expect(names).toHaveLength(24);
  const file = path.join(to, 'P1', '1-1.png');
  expect(await sharp(file).metadata()).toMatchObject({ width, height, channels: 1 });
  const data = await sharp(file).toColourspace('b-w').raw().toBuffer();
  expect([...data]).toEqual(painted(1, 1, [0, 1, 2]));
  expect(await take('out')).toMatchObject({ shapes: 0, labels: 0, alreadyPresent: 40 });
});

it('splits what is only drawn on, and names another version when a drawing changes', async () => {
  writeMasks();
  await take('masks');
  const report = await split();
  expect(report.counts).toEqual({ train: 12, val: 6, test: 6 });
  expect(report.byClass['lesion']!.train).toBeGreaterThan(0);
  const { session } = bench;
  // The project is not about masks by its template, so a split names none of its drawings: a training of masks does.
  expect((await currentVersion(session)).version.hash).toBe(report.version);
  const masks = await currentVersion(session, true);
  expect(masks.version.hash).not.toBe(report.version);
  const lesion = session.projects.classNamed('lesion').id;
  const box = { kind: 'box' as const, x: 1, y: 1, width: 9, height: 5 };
  const draw = (reader: string) =>
    changeAnnotations(session, {
      ...{ image: idOf('1-0.png'), reader, round: '', remove: [] },
      put: [{ id: uuid(), class: lesion, shape: box }],
    });
  draw('Ben');
  const changed = await currentVersion(session, true);
  expect(changed.version.hash).not.toBe(masks.version.hash);
  // What Ben drew stands before what was imported: the other class is not drawn on that image any more.
  expect(session.drawings.shapesOn([idOf('1-0.png')]).get(idOf('1-0.png'))).toHaveLength(1);
  expect(changed.members.map(({ image, part }) => [image, part]).sort()).toEqual(
    session.dataset
      .members(session.dataset.versionByHash(report.version))
      .map(({ image, part }) => [image, part]),
  );
  draw('Cem');
  const plan = await planOf(session, { set: unet });
  expect(plan.problems).toEqual([]);
  expect(plan.warnings).toContain('1 image was drawn on by several readers: what any of them drew counts.');
});

it('learns masks, and judges every pixel of both parts', async () => {
  writeMasks();
  await take('masks');
  await split();
  const { session } = bench;
  const run = await trainHere(bench, { set: unet });
  expect(run.status).toBe('completed');
  const folder = runFolderOf(session.folder, run.run);
  const manifest = readManifest(folder);
  const size = 32;
  const masks = readFileSync(path.join(folder.root, manifest.masks!.file));
  expect(masks).toHaveLength(24 * size * size);
  // The input is 32 × 24 between bars of 4 rows.
  const row = manifest.rows.train.find(({ image }) => {
    const drawn = session.drawings.shapesOn([image]).get(image);
    return drawn !== undefined;
  })!;
  const mask = masks.subarray((row.label as number) * size * size, ((row.label as number) + 1) * size * size);
  expect(mask[3 * size]).toBe(255);
  const whole = session.drawings
    .shapesOn([row.image])
    .get(row.image)!
    .map(({ class: id, shape }) => {
      if (shape.kind !== 'mask') throw new Error('A mask was imported');
      return { id, data: maskOfPicture(maskFromRuns(shape), { width, height }).data };
    });
  const places = session.projects.classes().map(({ id }) => id);
  for (let y = 0; y < 24; y += 1)
    for (let x = 0; x < size; x += 1) {
      const source = Math.floor((y + 0.5) * 1.25) * width + Math.floor((x + 0.5) * 1.25);
      const there = whole.find(({ data }) => data[source] === 1);
      expect(mask[(y + 4) * size + x]).toBe(there ? places.indexOf(there.id) + 1 : 0);
    }

  const validation = readPredictions(folder, 'val')!;
  expect(validation.rows).toHaveLength(6);
  expect(existsSync(folder.predictedMasks('test'))).toBe(false);
  const dependencies = { spawn, pool: bench.pool, version: 'test' };
  const [again, test] = await withRun(session, run.run, dependencies, untroubled(), async (tools) => {
    writeFileSync(folder.predictions('val'), JSON.stringify({ ...validation, weightsSha256: 'other' }));
    return [await predictPart(session, run, 'val', tools), await predictPart(session, run, 'test', tools)];
  });
  // Predicted by the stored model as at the end of the training.
  expect(again).toEqual(validation);
  for (const predictions of [validation, test]) {
    const said = readFileSync(folder.predictedMasks(predictions.split));
    expect(predictions.unit).toBe('px');
    predictions.rows.forEach((one, at) => {
      const slot = one.truth as number;
      const truth = masks.subarray(slot * size * size, (slot + 1) * size * size);
      const predicted = said.subarray(at * size * size, (at + 1) * size * size);
      const count = (test: (truth: number, said: number) => boolean): number =>
        truth.filter((value, pixel) => value !== 255 && test(value, predicted[pixel]!)).length;
      expect(one.pixels).toEqual({ judged: 24 * size, right: count((a, b) => a === b) });
      one.regions!.forEach((region, place) =>
        expect(region).toMatchObject({
          truePositives: count((a, b) => a === place + 1 && b === place + 1),
          falsePositives: count((a, b) => a !== place + 1 && b === place + 1),
          falseNegatives: count((a, b) => a === place + 1 && b !== place + 1),
        }),
      );
    });
  }
  const figures = finish(evaluateMasks(test, classes, 1));
  expect(figures.metrics.pixelAccuracy.value).toBeGreaterThan(0.5);
  expect(Object.keys(figures.perClass)).toEqual(classes);

  // Trained again, it learns the masks that it learned, whatever was drawn since.
  const { planRerun } = await import('../../src/engine/runs/train.ts');
  changeAnnotations(session, {
    ...{ image: manifest.rows.train[0]!.image, reader: 'Ben', round: '', remove: [] },
    put: [{ id: uuid(), class: places[0]!, shape: { kind: 'box', x: 0, y: 0, width: 40, height: 30 } }],
  });
  const more = { ...dependencies, publish: () => undefined, keptWeights: bench.keptWeights };
  const rerun = await (await planRerun(session, run.run, more)).train(untroubled());
  expect(readManifest(runFolderOf(session.folder, rerun.run)).masks).toEqual(manifest.masks);
  expect(rerun.weightsSha256).toBe(run.weightsSha256);
});

it('says that nothing is drawn on where labels alone were given', async () => {
  mkdirSync(path.join(bench.data, 'empty'));
  for (let patient = 0; patient < patients; patient += 1)
    bench.write({
      [`empty/${patient}-0.png`]: greyPng(width, height, Array<number>(width * height).fill(0)),
    });
  await take('empty');
  const lesion = bench.session.projects.classNamed('lesion').id;
  changeAnnotations(bench.session, {
    ...{ image: idOf('1-0.png'), reader: 'Ada', round: '', remove: [] },
    put: [{ id: uuid(), class: lesion, shape: { kind: 'point', x: 3, y: 3 } }],
  });
  await expect(split()).rejects.toMatchObject({ code: 'classMissingFromSplit' });
});
