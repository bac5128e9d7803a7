import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { z } from 'zod';

import type { predictResultSchema } from '../../src/contract/run.ts';
import { predictionsText } from '../../src/cli/predictions-text.ts';
import { type PredictRequest, predictFiles } from '../../src/engine/predict/predict-files.ts';
import type { PooledAs } from '../../src/engine/export/decision.ts';
import { readPackageModel } from '../../src/engine/export/read-package.ts';
import { tags } from '../../src/worker/decode/dicom/tags.ts';
import { imageElements, writeDicom } from '../support/dicom-files.ts';
import { type ImportBench, openImportBench } from '../support/import-project.ts';
import type { MadeUpTask } from '../support/made-up-tasks.ts';
import { greyPng, pattern } from '../support/picture-files.ts';
import { spawn, untroubled } from '../support/run-bench.ts';
import { writeTaskPackage } from '../support/task-package.ts';

let bench: ImportBench;
let images: string[];
beforeAll(async () => {
  bench = await openImportBench();
  const side = 24;
  const samples = (seed: number): number[] =>
    pattern(side * 48).map((value, at) => (value * seed + at) % 256);
  const dicom = writeDicom([
    ...imageElements({ rows: 48, columns: side, allocated: 16, stored: 12 }),
    [tags.PatientID, 'LO', 'P7'],
    [tags.PixelSpacing, 'DS', '0.5\\0.25'],
    [tags.Modality, 'CS', 'MR'],
    [tags.PixelData, 'OW', samples(3)],
  ]);
  bench.write({
    'a/one.png': greyPng(side, 48, samples(1)),
    'b/two.png': greyPng(48, side, samples(2)),
    'c/three.dcm': dicom,
  });
  images = ['a/one.png', 'b/two.png', 'c/three.dcm'].map((name) => path.join(bench.data, name));
});
afterAll(() => bench.close());

const made = async (
  name: MadeUpTask,
  table?: 'both' | 'only',
  pooledAs: PooledAs | null = null,
): Promise<string> => {
  mkdirSync(bench.data, { recursive: true });
  return (await writeTaskPackage(mkdtempSync(path.join(bench.data, 'made-')), name, table, pooledAs)).folder;
};

const predict = (
  folder: string,
  more: Partial<PredictRequest> = {},
): Promise<z.output<typeof predictResultSchema>> =>
  predictFiles(
    null,
    { model: { folder }, images, ...more },
    { spawn, pool: bench.pool, version: '0.0.0' },
    untroubled(),
  );

describe('a second opinion', () => {
  // Would catch: several labels judged by the largest probability, or by one half in place of their thresholds.
  it('of several labels names all from their thresholds on', async () => {
    const folder = await made('multiLabel');
    const result = await predict(folder);
    const { thresholds } = await readPackageModel(folder);
    expect(Object.values(result.thresholds!)).toEqual(thresholds);
    for (const { label, labels, probabilities } of result.predictions) {
      const names = Object.keys(probabilities);
      expect(names).toEqual(['effusion', 'nodule', 'none seen']);
      expect(labels).toEqual(names.filter((name, at) => probabilities[name]! >= thresholds![at]!));
      expect(label).toBe(labels!.length === 0 ? 'none' : labels!.join(', '));
    }
    expect(predictionsText(result)).toContain('A label is given from its threshold on');
  });

  it('of grades gives probabilities that add up to 1, of two classes by one sigmoid both', async () => {
    for (const name of ['ordinal', 'binary'] as const) {
      const { predictions } = await predict(await made(name));
      for (const { label, probabilities } of predictions) {
        expect(Object.values(probabilities).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
        expect(Object.keys(probabilities)).toContain(label);
      }
    }
  });

  it('of a number is the number, its unit beside it', async () => {
    const result = await predict(await made('regression'));
    expect(result.task).toMatchObject({ kind: 'regression', unit: 'months' });
    for (const { label, value, probabilities } of result.predictions) {
      expect(label).toBeNull();
      expect(probabilities).toEqual({});
      expect(value).toSatisfy(Number.isFinite);
    }
    expect(predictionsText(result)).toContain('Number (months)');
  });

  // Would catch: areas of the network's input in place of the picture's, bars counted as picture, rows and columns mixed.
  it('of masks has areas on the picture’s own pixels, and writes them as PNG', async () => {
    const folder = await made('segmentation');
    const masksTo = path.join(bench.data, 'masks');
    const broken = path.join(bench.data, 'broken.png');
    writeFileSync(broken, 'no picture');
    const all = [images[0]!, broken, images[1]!, images[2]!];
    const result = await predict(folder, { images: all, masksTo, outlines: true });
    expect(readdirSync(masksTo).toSorted()).toEqual([
      '00000-one.png.png',
      '00002-two.png.png',
      '00003-three.dcm.png',
    ]);
    expect(result.predictions[1]!.error?.code).toBe('notAnImage');
    const sizes = [[24, 48], [], [48, 24], [24, 48]] as const;
    for (const [place, { mask, areas, labels, error }] of result.predictions.entries()) {
      if (error) continue;
      const to = path.join(bench.data, `mask-${place}.raw`);
      const written = await bench.pool.writePixels({ path: mask!, frame: 0, to });
      expect([written.width, written.height, written.channels]).toEqual([...sizes[place]!, 1]);
      const pixels = readFileSync(to);
      for (const [at, area] of areas!.entries()) {
        expect(area.pixels).toBe(pixels.filter((value) => value === at + 1).length);
        expect(area.mm2).toBe(place === 3 ? area.pixels * 0.125 : null);
        expect(area.outlines!.length > 0).toBe(area.pixels > 0);
        for (const [x, y] of area.outlines!.flat())
          expect(Math.min(x, y, 1 - x, 1 - y)).toBeGreaterThanOrEqual(0);
      }
      expect(labels).toEqual(areas!.filter(({ pixels: n }) => n > 0).map((area) => area.class));
    }
    // Masks of nothing at all would prove nothing.
    expect(result.predictions.some(({ labels }) => labels !== undefined && labels.length > 0)).toBe(true);
    await expect(predict(folder, { masksTo })).rejects.toMatchObject({ code: 'folderNotEmpty' });
  });

  it('says what it cannot do: masks of a model without, a table that nothing reads', async () => {
    const folder = await made('regression');
    await expect(predict(folder, { masksTo: path.join(bench.data, 'none') })).rejects.toMatchObject({
      code: 'usage',
      message: 'Masks were asked for, but this model says none: it answers for the whole picture.',
    });
    await expect(predict(folder, { table: 'rows.csv' })).rejects.toMatchObject({
      code: 'usage',
      message: 'rows.csv was given, but this model reads no clinical table.',
    });
  });
});

describe('a second opinion on patients and studies', () => {
  const together = { level: 'patient', groupBy: { from: 'together' } } as const;

  // Would catch: a label by the threshold of single images, or of another way of pooling.
  it('pools the answers of their images, and decides as the run was evaluated', async () => {
    const folder = await made('binary', undefined, { level: 'patient', pooling: 'max' });
    const { operatingPoint, pooled } = await readPackageModel(folder);
    expect(pooled!.operatingPoint!.threshold).not.toBe(operatingPoint!.threshold);
    const result = await predict(folder, { level: 'patient' });
    expect(result.groups!.map(({ group, files }) => [group, files])).toEqual([
      ['a', [images[0]]],
      ['b', [images[1]]],
      ['P7', [images[2]]],
    ]);
    const all = await predict(folder, together);
    const [positive] = Object.keys(all.groups![0]!.probabilities).slice(1);
    const highest = Math.max(...all.predictions.map(({ probabilities }) => probabilities[positive!]!));
    expect(all.groups![0]!.probabilities[positive!]).toBeCloseTo(highest, 12);
    expect(all.groups![0]!.label === positive).toBe(highest >= pooled!.operatingPoint!.threshold);
    expect(all.pooled).toMatchObject({
      ...{ level: 'patient', pooling: 'max', chosenOn: 'pooled', warnings: [] },
      operatingPoint: { positive, threshold: pooled!.operatingPoint!.threshold },
    });
    expect(predictionsText(all)).toContain('What is said of a patient is the highest of what is said');
    // What is said of single images stays.
    expect(all.predictions).toEqual((await predict(folder)).predictions);
    expect(all.operatingPoint!.threshold).toBe(operatingPoint!.threshold);
  });

  it('says where thresholds are those of single images', async () => {
    const folder = await made('multiLabel');
    const { pooled, groups, thresholds } = await predict(folder, { ...together, pooling: 'noisyOr' });
    expect(pooled).toMatchObject({ chosenOn: 'images', thresholds });
    expect(pooled!.warnings).toEqual([
      'The thresholds were chosen on single images, not on patients, and may not fit them: the package has none for them. Evaluate its run on the level of a patient, pooled alike, and export it again.',
    ]);
    const [name] = Object.keys(groups![0]!.probabilities);
    const of = (await predict(folder)).predictions.map(({ probabilities }) => probabilities[name!]!);
    expect(groups![0]!.probabilities[name!]).toBeCloseTo(1 - of.reduce((none, p) => none * (1 - p), 1), 12);
  });

  it('of a number is the mean, and of grades the largest of pooled probabilities', async () => {
    const number = await predict(await made('regression'), together);
    const mean = number.predictions.reduce((sum, { value }) => sum + value! / 3, 0);
    expect(number.groups![0]!.value).toBeCloseTo(mean, 9);
    expect(number.pooled).toMatchObject({ pooling: 'mean', chosenOn: null, warnings: [] });
    expect(predictionsText(number)).toContain('one patient');
    const { groups } = await predict(await made('ordinal'), together);
    const { label, probabilities } = groups![0]!;
    expect(probabilities[label!]).toBe(Math.max(...Object.values(probabilities)));
    expect(Object.values(probabilities).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
  });

  it('refuses masks, and rules that a task does not have', async () => {
    await expect(predict(await made('segmentation'), together)).rejects.toMatchObject({
      code: 'usage',
      message: 'Masks are of single images: they cannot be pooled to a patient.',
    });
    await expect(predict(await made('regression'), { ...together, pooling: 'max' })).rejects.toMatchObject({
      message: 'Numbers are pooled by their mean, not by max.',
    });
    await expect(predict(await made('binary'), { pooling: 'max' })).rejects.toMatchObject({
      message: 'Images are judged one by one, so nothing is pooled by max.',
    });
  });

  it('leaves out files that are no pictures, and has no group where none is left', async () => {
    const broken = path.join(bench.data, 'broken-too.png');
    writeFileSync(broken, 'no picture');
    const folder = await made('regression');
    const { groups } = await predict(folder, { ...together, images: [broken, images[1]!] });
    expect(groups!.map(({ files }) => files)).toEqual([[images[1]]]);
    expect((await predict(folder, { ...together, images: [broken] })).groups).toEqual([]);
  });
});

describe('a second opinion with the clinical table', () => {
  const csv = (name: string, text: string): string => {
    const file = path.join(bench.data, name);
    writeFileSync(file, text);
    return file;
  };

  // Would catch: rows given to other pictures, values that are not standardised as in training.
  it('takes the row of each file, and what is missing as in training', async () => {
    const folder = await made('regression', 'only');
    const of = async (text: string): Promise<(number | undefined)[]> =>
      (await predict(folder, { table: csv('rows.csv', text) })).predictions.map(({ value }) => value);
    const [forty, fifty, sixty] = await of('file,age (a)\none.png,40\nb/two.png,50\nthree.dcm,60\n');
    expect(new Set([forty, fifty, sixty]).size).toBe(3);
    // In another order, and by the patients whom files name: a missing one is the training's mean, which is 50.
    expect(await of('age (a);file\n60;b/two.png\n40;three.dcm\n;one.png\n')).toEqual([fifty, sixty, forty]);
    const result = await predict(folder, { table: csv('patients.csv', 'patient,age (a)\nP7,60\n') });
    expect(result.predictions.map(({ value }) => value)).toEqual([fifty, fifty, sixty]);
    expect(result.predictions.map(({ notes }) => notes?.length ?? 0)).toEqual([1, 1, 0]);
    expect(result.predictions[0]!.notes![0]).toMatch(
      /^patients\.csv has no line for it, as its patient is not known/,
    );
  });

  // Would catch: months where years were trained on, taken as years without a word.
  it('refuses a column in another unit than in training, and takes the one in its own', async () => {
    const folder = await made('regression', 'only');
    const of = (text: string): ReturnType<typeof predict> =>
      predict(folder, { table: csv('units.csv', text) });
    await expect(of('file,age (months)\none.png,480\n')).rejects.toMatchObject({
      code: 'badTable',
      message: 'units.csv has age in months, and the model was trained on a.',
      hint: 'Give the numbers in a, in a column called "age (a)".',
    });
    const both = await of('file,age (months),age [a]\none.png,480,40\n');
    expect(both.predictions[0]).toEqual((await of('file,age (a)\none.png,40\n')).predictions[0]);
    const unknown = (await of('file,age\none.png,40\n')).predictions[0]!;
    expect(unknown.notes).toEqual(['units.csv says no unit of age: it is taken to be in a, as in training.']);
  });

  it('names what it cannot use', async () => {
    const folder = await made('regression', 'both');
    await expect(predict(folder)).rejects.toMatchObject({
      code: 'usage',
      message: 'This model reads a clinical table beside the picture: "age".',
    });
    const refusal = (text: string): Promise<unknown> => predict(folder, { table: csv('bad.csv', text) });
    await expect(refusal('who,age (a)\n1,2\n')).rejects.toMatchObject({
      message:
        'bad.csv has neither a column of files nor one of patients; its columns are "who" and "age (a)".',
    });
    await expect(refusal('file,years\none.png,2\n')).rejects.toMatchObject({
      message:
        'bad.csv has none of the columns that the model reads: "age"; its columns are "file" and "years".',
    });
    await expect(refusal('file,age\none.png,2\none.png,3\n')).rejects.toMatchObject({
      message: 'bad.csv says two different things of one.png, the second in line 3.',
    });
    const { predictions } = await predict(folder, { table: csv('text.csv', 'file,age\none.png,old\n') });
    expect(predictions[0]!.notes).toEqual([
      'text.csv says no unit of age: it is taken to be in a, as in training.',
      'age is "old", which is not a number.',
      'Taken as missing, as in training: age.',
    ]);
  });
});
