import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createRandom } from '../../../src/core/random.ts';
import { runCommandLines } from '../../support/cli-process.ts';
import { writePng } from '../../support/picture-files.ts';

const size = 32;
const patients = 24;
const perPatient = 2;
/** The thickness of a bar in pixels is what a picture's number says, and its pixels are what its mask holds. */
const least = 3;
const most = 15;

interface Bar {
  readonly name: string;
  readonly patient: string;
  readonly thickness: number;
  readonly picture: Buffer;
  readonly mask: Buffer;
}

function bars(): Bar[] {
  return Array.from({ length: patients * perPatient }, (_, index) => {
    const patient = Math.floor(index / perPatient);
    // What is pooled over a patient's pictures must be the same in all of them.
    const thickness = least + createRandom(patient, 'task bars').integer(most - least);
    const random = createRandom(index, 'task pictures');
    const left = 1 + random.integer(size - thickness - 2);
    const isIn = (at: number): boolean => at % size >= left && at % size < left + thickness;
    const png = (valueAt: (at: number) => number): Buffer =>
      writePng({
        ...{ width: size, height: size, colourType: 0, bits: 8 },
        samples: Array.from({ length: size * size }, (__, at) => valueAt(at)),
      });
    return {
      name: `bar-${1000 + index}.png`,
      patient: `P${100 + patient}`,
      thickness,
      picture: png((at) => random.integer(60) + (isIn(at) ? 180 : 0)),
      mask: png((at) => (isIn(at) ? 1 : 0)),
    };
  });
}

function write(folder: string, below: string, of: (bar: Bar) => Buffer, all: readonly Bar[]): string {
  for (const bar of all) {
    mkdirSync(path.join(folder, below, bar.patient), { recursive: true });
    writeFileSync(path.join(folder, below, bar.patient, bar.name), of(bar));
  }
  return path.join(folder, below);
}

const set = (recipe: Record<string, string | number>): string[] =>
  Object.entries({ 'input.size': size, batchSize: 8, ...recipe }).flatMap(([key, value]) => [
    '--set',
    `${key}=${value}`,
  ]);

/** A project of masks with an evaluated run. */
export async function maskProject(): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'e2e-masks-'));
  const project = path.join(folder, 'masks');
  const all = bars();
  const pictures = write(folder, 'pictures', ({ picture }) => picture, all);
  const masks = write(folder, 'drawn', ({ mask }) => mask, all);
  await runCommandLines(
    [
      ['new', project, '--template', 'mri-segmentation', '--classes', 'bar'],
      ['import', project, pictures, '--labels', 'none', '--patient', 'folder'],
      ['labels', 'import', project, masks, '--format', 'mask-png'],
      ['split', project],
      [
        'train',
        project,
        '--recipe',
        'default',
        ...set({ 'network.id': 'unet', 'network.scale': 0.1, epochs: 4 }),
      ],
      ['evaluate', project, 'latest', '--split', 'val'],
    ],
    folder,
  );
  return project;
}

/** A project of numbers with an evaluated run. */
export async function numberProject(): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'e2e-numbers-'));
  const project = path.join(folder, 'numbers');
  const all = bars();
  const pictures = write(folder, 'pictures', ({ picture }) => picture, all);
  const labels = path.join(folder, 'labels.csv');
  writeFileSync(labels, ['file,label', ...all.map((bar) => `${bar.name},${bar.thickness}`)].join('\n'));
  await runCommandLines(
    [
      ['new', project, '--labels', 'number', '--unit', 'mm', '--low', '0', '--high', '40'],
      ['import', project, pictures, '--labels', labels, '--patient', 'folder'],
      ['split', project],
      [
        ...['train', project, '--recipe', 'default'],
        ...set({ 'network.id': 'alexnet-small', 'network.scale': 0.1, epochs: 3 }),
      ],
      ['evaluate', project, 'latest', '--split', 'val'],
    ],
    folder,
  );
  return project;
}
