import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { mriSegmentationSample } from '../../../../src/core/sample/mri-segmentation.ts';
import { pneumoniaSample } from '../../../../src/core/sample/pneumonia.ts';
import { skinSample } from '../../../../src/core/sample/skin.ts';
import { type SampleRequest, writeSample } from '../../../../src/worker/decode/write-sample.ts';
import { decodeFile } from '../../../support/decoded-file.ts';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'readroom-sample-'));
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

async function drain(request: Omit<SampleRequest, 'folder'>, signal?: AbortSignal) {
  const events = [];
  for await (const event of writeSample({ ...request, folder: scratch }, signal)) events.push(event);
  return events;
}

const whole = { template: 'pneumonia', images: 12, seed: 5, share: { index: 0, of: 1 } };

describe('writing a share of a sample', () => {
  it('writes films that say they are generated and decode to the drawn pixels', async () => {
    const drawn = [...pneumoniaSample.draw(12, 5)];
    const films = drawn.map(({ file, className, patient, ageYears, sex }) => {
      return { file, className, patient, ageYears, sex };
    });
    expect(await drain(whole)).toEqual([
      { type: 'progressed', done: 5 },
      { type: 'progressed', done: 10 },
      { type: 'ended', films },
    ]);
    const decoded = await decodeFile(readFileSync(path.join(scratch, drawn[3]!.file)));
    expect(decoded.generated).toBe(true);
    expect(decoded.picture).toMatchObject({ width: 512, height: 512, channels: 1, bitDepth: 8 });
    expect(Buffer.from(decoded.picture.samples).equals(Buffer.from(drawn[3]!.pixels))).toBe(true);
  });

  it('keeps colours', async () => {
    const [first] = skinSample.draw(3, 5);
    await drain({ ...whole, template: 'skin', images: 3 });
    const decoded = await decodeFile(readFileSync(path.join(scratch, first!.file)));
    expect(decoded.generated).toBe(true);
    expect(decoded.picture).toMatchObject({ width: 384, height: 384, channels: 3, bitDepth: 8 });
    expect(Buffer.from(decoded.picture.samples).equals(Buffer.from(first!.pixels))).toBe(true);
  });

  it('puts masks beside the pictures, as the places of their classes, one for every picture', async () => {
    // Of these patients one has a tumour and one has none.
    const some = { images: 7, seed: 4 };
    const drawn = [...mriSegmentationSample.draw(some.images, some.seed)];
    const ended = (await drain({ ...whole, template: 'mri-segmentation', ...some })).at(-1);
    expect(ended).toMatchObject({
      films: drawn.map(({ file }) => ({ file: `images/${file}`, className: '' })),
    });
    const found = drawn.map(({ masks }) => masks!.length);
    expect(found).toContain(0);
    expect(found).toContain(2);
    for (const { file, masks, pixels, width, height } of drawn) {
      const picture = await decodeFile(readFileSync(path.join(scratch, 'images', file)));
      expect(Buffer.from(picture.picture.samples).equals(Buffer.from(pixels))).toBe(true);
      const decoded = await decodeFile(readFileSync(path.join(scratch, 'masks', file)));
      expect(decoded.generated).toBe(true);
      expect(decoded.picture).toMatchObject({ width, height, channels: 1, bitDepth: 8 });
      const indices = new Uint8Array(width * height);
      for (const { className, data } of masks!)
        data.forEach((inside, at) => {
          if (inside) indices[at] = className === 'tumour' ? 1 : 2;
        });
      expect(Buffer.from(decoded.picture.samples).equals(Buffer.from(indices))).toBe(true);
    }
  });

  it('refuses a template without a generator', async () => {
    await expect(drain({ ...whole, template: 'nonsense' })).rejects.toMatchObject({
      code: 'unknownTemplate',
    });
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('stops when it is told to', async () => {
    await expect(drain(whole, AbortSignal.abort())).rejects.toThrow();
    expect(readdirSync(scratch)).toEqual([]);
  });
});
