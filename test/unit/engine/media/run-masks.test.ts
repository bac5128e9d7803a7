import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { beforeEach, describe, expect, it } from 'vitest';

import type { Manifest } from '../../../../src/contract/run-folder.ts';
import { createRunMasks, type MaskWish } from '../../../../src/engine/media/run-masks.ts';
import { type RunFolder, runFolderOf } from '../../../../src/engine/runs/run-folder.ts';

const size = 4;
/** Of image a, then of image b: rows in the order of the part, slots in another. */
const predicted = [...Array<number>(16).fill(1), ...Array.from({ length: 16 }, (_, at) => at)];
const truths = [...Array<number>(16).fill(7), ...Array<number>(16).fill(8), ...Array<number>(16).fill(9)];

const row = (image: string, label: number): Manifest['rows']['val'][number] => ({
  ...{ image, slot: 0, label, patient: image, pixelSha256: '' },
});

describe('masks of a run', () => {
  let folder: RunFolder;
  beforeEach(() => {
    folder = runFolderOf(mkdtempSync(path.join(tmpdir(), 'readroom-masks-')), 'run');
    const manifest: Manifest = {
      ...{
        formatVersion: 1,
        run: 'run',
        datasetVersion: 'v',
        splitBy: 'patient',
        generated: true,
        fold: null,
      },
      classes: ['tumour'],
      task: { kind: 'segmentation', classes: ['tumour'] },
      masks: { file: 'masks.u8', sha256: '' },
      inputs: { file: 'pixels.u8', geometry: { size, channels: 1, fit: 'pad', kernel: 'linear' } },
      rows: { train: [], val: [row('a', 2), row('b', 0)], test: [row('c', 1)] },
    };
    mkdirSync(path.dirname(folder.predictedMasks('val')), { recursive: true });
    writeFileSync(folder.manifest, JSON.stringify(manifest));
    writeFileSync(path.join(folder.root, 'masks.u8'), Uint8Array.from(truths));
    writeFileSync(folder.predictedMasks('val'), Uint8Array.from(predicted));
  });
  const wish = (image: string, more: Partial<MaskWish> = {}): MaskWish => ({
    ...{ split: 'val', which: 'predicted', image, picture: { width: 8, height: 4 } },
    ...more,
  });

  it('cover the picture alone: the bars above and below of a padded one are left out', async () => {
    const mask = await createRunMasks()(folder, wish('b'));
    expect(mask).toMatchObject({ width: 4, height: 2 });
    expect([...mask.classes]).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('as drawn are found by their slot, as predicted by their row', async () => {
    const read = createRunMasks();
    expect((await read(folder, wish('a', { which: 'truth' }))).classes[0]).toBe(9);
    expect((await read(folder, wish('b', { which: 'truth' }))).classes[0]).toBe(7);
    expect((await read(folder, wish('a'))).classes[0]).toBe(1);
  });

  it('of a part that was not evaluated, or of an image of another part, are refused, the drawn ones too', async () => {
    const read = createRunMasks();
    for (const asked of [
      wish('c'),
      wish('c', { split: 'test' }),
      wish('c', { split: 'test', which: 'truth' }),
    ])
      await expect(read(folder, asked)).rejects.toMatchObject({ code: 'fileNotFound' });
  });
});
