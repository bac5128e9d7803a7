import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { boneAgeSample } from '../../../../src/core/sample/bone-age.ts';
import { multimodalSample } from '../../../../src/core/sample/multimodal.ts';
import { pneumoniaSample } from '../../../../src/core/sample/pneumonia.ts';
import { writeSample } from '../../../../src/engine/system/sample.ts';
import { spawnDecoder } from '../../../support/import-project.ts';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'readroom-sample-'));
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

function write(folder: string, over: { template?: string; images?: number; signal?: AbortSignal } = {}) {
  const { signal = new AbortController().signal, ...request } = over;
  return writeSample({ folder, template: 'pneumonia', images: 12, seed: 5, ...request }, spawnDecoder, {
    signal,
    progress: () => undefined,
  });
}

describe('writing a sample', () => {
  it('has the same films, in the same order, however many children draw it', async () => {
    // More than one child may have: on a machine with one core this is the plain case once more.
    const images = 48;
    const { result, ...places } = await write(path.join(scratch, 'films'), { images });
    const drawn = [...pneumoniaSample.draw(images, 5)];
    const table = readFileSync(path.join(scratch, 'films', 'labels.csv'), 'utf8')
      .trim()
      .split('\n');
    expect(table[0]).toBe('file,class,patient,age,sex');
    expect(table.slice(1)).toEqual(
      drawn.map(({ file, className, patient, ageYears, sex }) =>
        [file, className, patient, ageYears, sex].join(','),
      ),
    );
    const shares = [0, 1, 2].flatMap((index) => [...pneumoniaSample.draw(images, 5, { index, of: 3 })]);
    expect(shares.map(({ file }) => file)).toEqual(drawn.map(({ file }) => file));
    expect(Buffer.from(shares[30]!.pixels).equals(Buffer.from(drawn[30]!.pixels))).toBe(true);
    const facts = { images, patients: new Set(drawn.map(({ patient }) => patient)).size, generated: true };
    expect(result).toMatchObject({ ...facts, classes: ['NORMAL', 'PNEUMONIA'], generatorVersion: 1 });
    expect(places).toEqual({
      pictures: path.join(scratch, 'films'),
      labels: { from: 'folder' },
      masks: null,
      clinical: null,
    });
    const text = readFileSync(path.join(scratch, 'films', 'readroom-sample.json'), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ ...facts, template: 'pneumonia', generatorVersion: 1, seed: 5 });
  });

  it('writes what is known of patients as a clinical table, a row a patient, missing values empty', async () => {
    const drawn = [...multimodalSample.draw(60, 5)];
    const { result } = await write(scratch, { template: 'multimodal', images: 60 });
    const [header, ...rows] = parse(readFileSync(path.join(scratch, 'clinical.csv')), {
      relax_column_count: false,
    });
    const columns = Object.keys(drawn[0]!.record!);
    expect(header).toEqual(['patient', ...columns]);
    expect(rows).toHaveLength(result.patients);
    const records = new Map(drawn.map(({ patient, record }) => [patient, record!]));
    for (const [patient, ...cells] of rows) {
      const record = records.get(patient!)!;
      expect(cells).toEqual(columns.map((column) => String(record[column] ?? '')));
    }
    expect(rows.flat()).toContain('');
  });

  it('writes the number of each picture where pictures have one, and says that labels stand there', async () => {
    const drawn = [...boneAgeSample.draw(12, 5)];
    const { labels, pictures } = await write(scratch, { template: 'bone-age' });
    expect({ labels, pictures }).toEqual({
      labels: { from: 'table', file: path.join(scratch, 'labels.csv') },
      pictures: scratch,
    });
    const table = parse(readFileSync(path.join(scratch, 'labels.csv')), { columns: true });
    expect(table).toEqual(
      drawn.map(({ file, patient, ageYears, sex, number }) => ({
        ...{ file, class: '', patient, age: String(ageYears), sex, number: String(number) },
      })),
    );
    expect(readdirSync(scratch)).not.toContain('clinical.csv');
  });

  it('keeps masks out of the folder that is imported', async () => {
    const { labels, pictures, masks } = await write(scratch, { template: 'mri-segmentation' });
    expect({ labels, pictures, masks }).toEqual({
      labels: { from: 'none' },
      pictures: path.join(scratch, 'images'),
      masks: path.join(scratch, 'masks'),
    });
    expect(readdirSync(scratch).sort()).toEqual(['images', 'labels.csv', 'masks', 'readroom-sample.json']);
    expect(readdirSync(path.join(scratch, 'masks'))).toEqual(readdirSync(pictures));
  });

  it('refuses a folder that holds something, and leaves it as it is', async () => {
    writeFileSync(path.join(scratch, 'mine.txt'), 'mine');
    await expect(write(scratch)).rejects.toMatchObject({ code: 'folderNotEmpty' });
    expect(readdirSync(scratch)).toEqual(['mine.txt']);
  });

  it('refuses a file in place of the folder', async () => {
    const file = path.join(scratch, 'file');
    writeFileSync(file, '');
    await expect(write(file)).rejects.toMatchObject({ code: 'folderNotEmpty' });
  });

  it('refuses a template without a generator before it makes the folder', async () => {
    const folder = path.join(scratch, 'films');
    await expect(write(folder, { template: 'nonsense' })).rejects.toMatchObject({ code: 'unknownTemplate' });
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('stops when it is told to, without the files that mark a whole sample', async () => {
    const folder = path.join(scratch, 'films');
    await expect(write(folder, { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(readdirSync(folder)).toEqual([]);
  });
});
