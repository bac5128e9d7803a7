import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { PreprocessingStep } from '../../src/contract/package.ts';
import { splitInput } from '../../src/contract/split.ts';
import { inputFolder, readInput } from '../../src/engine/media/input-cache.ts';
import { geometryOf, recipeFor } from '../../src/engine/runs/prepare.ts';
import { planOf } from '../../src/engine/runs/plan.ts';
import { predictFiles } from '../../src/engine/predict/predict-files.ts';
import { readModelFile } from '../../src/engine/runs/predictions.ts';
import { previewAugmentation } from '../../src/engine/runs/preview-augmentation.ts';
import { evaluateInProject, exportRun, reportRun, verifyFolder } from '../../src/engine/runs/results.ts';
import { readManifest, readPredictions, runFolderOf } from '../../src/engine/runs/run-folder.ts';
import { inputBoundOf } from '../../src/engine/runs/run-inputs.ts';
import { planTraining } from '../../src/engine/runs/train.ts';
import { splitProject } from '../../src/engine/split/split-service.ts';
import { tags } from '../../src/worker/decode/dicom/tags.ts';
import { type Elements, imageElements, writeDicom } from '../support/dicom-files.ts';
import { type ImportBench, openImportBench } from '../support/import-project.ts';
import { greyPng } from '../support/picture-files.ts';
import { quickly, spawn, trainHere, untroubled } from '../support/run-bench.ts';

const size = 28;
const set = { ...quickly, 'input.window': 'bone' };
const abdomen: Elements = [
  [tags.WindowCenter, 'DS', '40'],
  [tags.WindowWidth, 'DS', '400'],
];
const hounsfield: Elements = [
  [tags.RescaleSlope, 'DS', '1'],
  [tags.RescaleIntercept, 'DS', '-1024'],
  ...abdomen,
];

/** Hounsfield units that the window of the file shows as white and that of bone as greys. */
const units = (index: number): number[] =>
  Array.from({ length: size * size }, (_, i) => 300 + ((i * 5 + index * 37) % 900));

function slice(index: number, meaning: Elements): Buffer {
  return writeDicom([
    ...imageElements({ rows: size, columns: size, allocated: 16, stored: 12 }),
    [tags.PatientID, 'LO', `P${index >> 1}`],
    [tags.StudyInstanceUID, 'UI', `1.2.3.${index >> 1}`],
    [tags.SeriesInstanceUID, 'UI', `1.2.3.${index >> 1}.1`],
    [tags.SOPInstanceUID, 'UI', `1.2.3.${index >> 1}.1.${index + 1}`],
    [tags.Modality, 'CS', 'CT'],
    ...meaning,
    [tags.PixelData, 'OW', units(index).map((value) => value + 1024)],
  ]);
}

/** A split project of 24 slices, some of them as PNG. */
async function openSlices(meaning: Elements, plain = 0): Promise<ImportBench> {
  const bench = await openImportBench();
  bench.write(
    Object.fromEntries(
      Array.from({ length: 24 }, (_, index) => {
        const folder = index % 2 ? 'sick' : 'well';
        return index < plain
          ? [
              `${folder}/${index}.png`,
              greyPng(
                size,
                size,
                units(index).map((value) => value % 256),
              ),
            ]
          : [`${folder}/${index}.dcm`, slice(index, meaning)];
      }),
    ),
  );
  await bench.run({ labels: { from: 'folder' } });
  await splitProject(
    bench.session,
    splitInput.parse({ project: bench.session.id, seed: 1, train: 0.5, val: 0.25, test: 0.25 }),
  );
  return bench;
}

describe('a run whose recipe chose a window', () => {
  let bench: ImportBench;
  let run: string;
  beforeAll(async () => {
    bench = await openSlices(hounsfield);
    ({ run } = await trainHere(bench, { set }));
  });
  afterAll(() => bench.close());
  const results = () => ({ spawn, pool: bench.pool, version: '0.0.0' });
  const folder = () => runFolderOf(bench.session.folder, run);

  it('learns from the values that the window shows, to the last shade', async () => {
    const { inputs, rows } = readManifest(folder());
    const window = { center: 400, width: 1800, unit: 'HU' };
    expect(inputs.geometry).toEqual({ size, channels: 1, fit: 'stretch', kernel: 'lanczos3', window });
    expect(readModelFile(folder()).geometry.window).toEqual(window);
    const [row] = rows.train;
    const index = Number(path.basename(bench.session.dataset.file(row!.image).path, '.dcm'));
    // PS3.3 C.11.2.1.2.1 for y from 0 to 255.
    const shades = units(index).map((value) =>
      Math.floor(((value - (400 - 0.5)) / (1800 - 1) + 0.5) * 255 + 0.5),
    );
    const standing = path.resolve(folder().root, inputs.file);
    expect([...(await readInput(standing, row!.slot, inputs.geometry))]).toEqual(shades);
  });

  it('stands in a cache of its own, which a run that waits keeps', async () => {
    const geometries = ['bone', 'file', 'full', 'brain'].map((window) =>
      geometryOf(recipeFor(bench.session, { set: { ...set, 'input.window': window } }), { allGrey: true }),
    );
    const cache = path.join(bench.session.folder, 'cache');
    const folders = geometries.map((geometry) => inputFolder(cache, geometry));
    expect(new Set(folders).size).toBe(4);
    expect(folders.map((one) => existsSync(one))).toEqual([true, false, false, false]);
    await planTraining(
      bench.session,
      { set },
      {
        ...results(),
        keptWeights: bench.keptWeights,
        publish: () => undefined,
      },
    );
    expect(inputBoundOf(bench.session).inUse()).toContain(folders[0]);
  });

  it('predicts the files as it did the prepared pictures, from the run and from its package', async () => {
    await evaluateInProject(bench.session, { run, split: 'test' }, results(), untroubled());
    const { rows } = readPredictions(folder(), 'test')!;
    const images = rows.map(({ image }) => bench.session.dataset.file(image).path);
    const to = path.join(bench.data, 'package');
    await exportRun(bench.session, { run, to, formats: ['onnx'] }, results(), untroubled());
    for (const model of [{ project: bench.session.id, run }, { folder: to }]) {
      const { predictions } = await predictFiles(bench.session, { model, images }, results(), untroubled());
      for (const [i, { probabilities }] of predictions.entries())
        for (const [label, value] of Object.values(probabilities).entries())
          expect(value).toBeCloseTo(rows[i]!.probabilities[label]!, 5);
    }
    expect(await verifyFolder(to, spawn, untroubled())).toEqual({ ok: true, problems: [] });
    const { preprocessing } = JSON.parse(readFileSync(path.join(to, 'readroom.json'), 'utf8')) as {
      preprocessing: PreprocessingStep[];
    };
    expect(preprocessing.map(({ kind }) => kind)).toContain('window');
    expect(readFileSync(path.join(to, 'MODEL_CARD.md'), 'utf8')).toContain(
      'Map grey values in HU through the window of center 400 and width 1800',
    );
  });

  it('has no answer for a picture without such values, and one for the others', async () => {
    bench.write({ 'film.png': greyPng(size, size) });
    const images = [path.join(bench.data, 'film.png'), path.join(bench.data, 'well', '0.dcm')];
    for (const model of [{ project: bench.session.id, run }, { folder: path.join(bench.data, 'package') }]) {
      const { predictions } = await predictFiles(bench.session, { model, images }, results(), untroubled());
      expect(predictions.map(({ error }) => error?.code)).toEqual(['noPictureValues', undefined]);
      expect(predictions[1]!.label).toMatch(/sick|well/);
    }
  });

  it('is asked about one picture of a file that holds several by its number', async () => {
    const three = [0, 1, 2].flatMap((index) => units(index).map((value) => value + 1024));
    const cine = writeDicom([
      ...imageElements({ rows: size, columns: size, allocated: 16, stored: 12, frames: 3 }),
      [tags.Modality, 'CS', 'CT'],
      ...hounsfield,
      [tags.PixelData, 'OW', three],
    ]);
    bench.write({ 'cine.dcm': cine });
    const names = ['cine.dcm#1', 'sick/1.dcm', 'cine.dcm', 'cine.dcm#3', 'sick/1.dcm#1'];
    const images = names.map((name) => path.join(bench.data, name));
    const request = { model: { project: bench.session.id, run }, images };
    const { predictions } = await predictFiles(bench.session, request, results(), untroubled());
    expect(predictions[0]!.probabilities).toEqual(predictions[1]!.probabilities);
    const several = 'It holds 3 pictures: name one of them, from cine.dcm#0 to cine.dcm#2.';
    expect(predictions.slice(2).map(({ error }) => error?.message)).toEqual([
      several,
      several,
      'It holds 1 picture: name 1.dcm.',
    ]);
  });

  it('says its window in its report', async () => {
    const { file } = await reportRun(bench.session, { run }, results(), untroubled());
    const report = readFileSync(path.join(bench.session.folder, file), 'utf8');
    expect(report).toContain('center 400, width 1800 HU');
    expect(report).toContain('input.window');
  });

  it('shows what it will see beforehand', async () => {
    const shown = async (window: string): Promise<Buffer> => {
      const request = { set: { ...set, 'input.window': window }, copies: 1 };
      const { pictures } = await previewAugmentation(bench.session, request, results(), untroubled());
      return readFileSync(path.join(bench.session.folder, 'cache', 'previews', pictures[0]!.plain));
    };
    const [bone, file] = [await shown('bone'), await shown('file')];
    expect(bone.equals(await shown('bone'))).toBe(true);
    expect(bone.equals(file)).toBe(false);
  });
});

describe('a window that does not fit the pictures', () => {
  it('is refused before the training, with how many it does not fit', async () => {
    const bench = await openSlices(hounsfield, 5);
    const sentence =
      'input.window is bone, which is in Hounsfield units, but 5 images of the split are no CT in DICOM.';
    const numbers = { ...quickly, 'input.window.center': 40, 'input.window.width': 400 };
    const plan = await planOf(bench.session, { set });
    expect(plan.problems).toEqual([`${sentence} Use --set input.window=file or --set input.window=full.`]);
    await expect(trainHere(bench, { set })).rejects.toMatchObject({ code: 'badRecipe', message: sentence });
    expect((await planOf(bench.session, { set: numbers })).problems.join()).toContain(
      'input.window is a window of values, but 5 images of the split have none',
    );
    expect(bench.session.runs.list()).toEqual([]);
    for (const window of ['file', 'full']) {
      const plain = { ...quickly, epochs: 1, 'input.window': window };
      expect((await planOf(bench.session, { set: plain })).problems).toEqual([]);
      expect((await trainHere(bench, { set: plain })).status).toBe('completed');
    }
    await bench.close();
  });

  it('is found when they are prepared where only the files say so', async () => {
    const bench = await openSlices(abdomen);
    expect((await planOf(bench.session, { set })).problems).toEqual([]);
    await expect(trainHere(bench, { set })).rejects.toMatchObject({
      code: 'noPictureValues',
      message: expect.stringMatching(/does not fit 24 images of the split.*not known to be in HU/) as string,
    });
    await bench.close();
  });
});
