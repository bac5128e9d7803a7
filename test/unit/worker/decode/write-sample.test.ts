import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { pneumoniaSample } from '../../../../src/core/sample/pneumonia.ts';
import { decodePicture } from '../../../../src/worker/decode/decode-picture.ts';
import { writeSample } from '../../../../src/worker/decode/write-sample.ts';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'readroom-sample-'));
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

async function drain(
  request: { folder: string; template: string; images: number; seed: number },
  signal?: AbortSignal,
) {
  const events = [];
  for await (const event of writeSample(request, signal)) events.push(event);
  return events;
}

describe('writing a sample', () => {
  it('writes films that say they are generated and decode to the drawn pixels, with their table', async () => {
    const folder = path.join(scratch, 'films');
    const events = await drain({ folder, template: 'pneumonia', images: 12, seed: 5 });
    const drawn = [...pneumoniaSample.draw(12, 5)];
    const patients = new Set(drawn.map((image) => image.patient)).size;
    expect(events).toEqual([
      { type: 'progressed', done: 10, total: 12 },
      {
        type: 'ended',
        result: {
          folder,
          images: 12,
          patients,
          classes: ['NORMAL', 'PNEUMONIA'],
          generated: true,
          generatorVersion: 1,
        },
      },
    ]);
    const decoded = await decodePicture(readFileSync(path.join(folder, drawn[3]!.file)));
    expect(decoded.generated).toBe(true);
    expect(decoded.picture).toMatchObject({ width: 512, height: 512, channels: 1, bitDepth: 8 });
    expect(Buffer.from(decoded.picture.samples).equals(Buffer.from(drawn[3]!.pixels))).toBe(true);
    const table = readFileSync(path.join(folder, 'labels.csv'), 'utf8').trim().split('\n');
    expect(table[0]).toBe('file,class,patient,age,sex');
    expect(table.slice(1).map((row) => row.split(',').slice(0, 3))).toEqual(
      drawn.map((image) => [image.file, image.className, image.patient]),
    );
    expect(JSON.parse(readFileSync(path.join(folder, 'readroom-sample.json'), 'utf8'))).toMatchObject({
      generated: true,
      template: 'pneumonia',
      generatorVersion: 1,
      seed: 5,
      images: 12,
      patients,
      classes: ['NORMAL', 'PNEUMONIA'],
    });
  });

  it('refuses a folder that holds something, and leaves it as it is', async () => {
    writeFileSync(path.join(scratch, 'mine.txt'), 'mine');
    await expect(drain({ folder: scratch, template: 'pneumonia', images: 8, seed: 1 })).rejects.toMatchObject(
      {
        code: 'folderNotEmpty',
      },
    );
    expect(readdirSync(scratch)).toEqual(['mine.txt']);
  });

  it('refuses a file in place of the folder', async () => {
    const file = path.join(scratch, 'file');
    writeFileSync(file, '');
    await expect(drain({ folder: file, template: 'pneumonia', images: 8, seed: 1 })).rejects.toMatchObject({
      code: 'folderNotEmpty',
    });
  });

  it('refuses a template without a generator before it makes the folder', async () => {
    const folder = path.join(scratch, 'films');
    await expect(drain({ folder, template: 'nonsense', images: 8, seed: 1 })).rejects.toMatchObject({
      code: 'unknownTemplate',
    });
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('stops when it is told to, without the files that mark a whole sample', async () => {
    const folder = path.join(scratch, 'films');
    await expect(
      drain({ folder, template: 'pneumonia', images: 8, seed: 1 }, AbortSignal.abort()),
    ).rejects.toThrow();
    expect(readdirSync(folder)).not.toContain('readroom-sample.json');
  });
});
