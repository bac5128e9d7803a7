import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { pneumoniaSample } from '../../../../src/core/sample/pneumonia.ts';
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
