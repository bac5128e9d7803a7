import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';

import sharp from 'sharp';

import { ReadroomError } from '../../contract/errors.ts';
import type { SampleResult } from '../../contract/system.ts';
import { sampleTemplates } from '../../core/sample/index.ts';
import type { SampleImage, SampleTemplate } from '../../core/sample/template.ts';
import { diskError } from '../../files/disk-error.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { generatedMark } from './exif.ts';

export interface SampleRequest {
  readonly folder: string;
  readonly template: string;
  readonly images: number;
  readonly seed: number;
}

export type SampleEvent =
  { type: 'progressed'; done: number; total: number } | { type: 'ended'; result: SampleResult };

/** Files being packed and written while the next ones are drawn. */
const writesInFlight = 4;
const progressEvery = 10;

/**
 * Writes a template's generated pictures as CLASS/PATIENT/PATIENT-n.png, with `labels.csv` and
 * `readroom-sample.json`, into a folder that is new or empty.
 *
 * @throws ReadroomError `unknownTemplate`, `folderNotEmpty`, `permissionDenied`, `diskFull`.
 */
export async function* writeSample(
  request: SampleRequest,
  signal?: AbortSignal,
): AsyncGenerator<SampleEvent> {
  const template = findSampleTemplate(request.template);
  await makeEmptyFolder(request.folder);
  const rows: string[] = ['file,class,patient,age,sex'];
  const patients = new Set<string>();
  const writing = new Set<Promise<void>>();
  try {
    for (const image of template.draw(request.images, request.seed)) {
      signal?.throwIfAborted();
      const file = path.join(request.folder, image.file);
      const written = writePng(file, image, template, request.seed).finally(() => writing.delete(written));
      writing.add(written);
      // Each is awaited below; without this a second failure beside the first would end the process.
      written.catch(() => undefined);
      if (writing.size >= writesInFlight) await Promise.race(writing);
      patients.add(image.patient);
      rows.push([image.file, image.className, image.patient, image.ageYears, image.sex].join(','));
      const done = rows.length - 1;
      if (done % progressEvery === 0) yield { type: 'progressed', done, total: request.images };
    }
    await Promise.all(writing);
  } finally {
    await Promise.allSettled(writing);
  }
  const result: SampleResult = {
    folder: request.folder,
    images: rows.length - 1,
    patients: patients.size,
    classes: [...template.classes],
    generated: true,
    generatorVersion: template.generatorVersion,
  };
  await writeFileWhole(path.join(request.folder, 'labels.csv'), `${rows.join('\n')}\n`);
  await writeFileWhole(path.join(request.folder, 'readroom-sample.json'), describe(result, request));
  yield { type: 'ended', result };
}

function findSampleTemplate(id: string): SampleTemplate {
  const template = sampleTemplates.find((candidate) => candidate.id === id);
  if (template) return template;
  const known = sampleTemplates.map((candidate) => candidate.id).join(', ');
  throw new ReadroomError(
    'unknownTemplate',
    `There are no sample files for the template "${id}".`,
    `Templates with samples: ${known}.`,
  );
}

async function makeEmptyFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw new ReadroomError(
        'folderNotEmpty',
        `${folder} is a file, or lies below one.`,
        'Choose another folder.',
      );
    }
    throw diskError(error, folder);
  }
  if ((await readdir(folder)).length > 0) {
    throw new ReadroomError(
      'folderNotEmpty',
      `The folder ${folder} is not empty.`,
      'Name a new or an empty folder.',
    );
  }
}

async function writePng(
  file: string,
  image: SampleImage,
  template: SampleTemplate,
  seed: number,
): Promise<void> {
  const { width, height, pixels } = image;
  const mark = `${generatedMark} sample generator v${template.generatorVersion}, template ${template.id}, seed ${seed}. Not a patient.`;
  const png = await sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .withExif({ IFD0: { ImageDescription: mark } })
    .png({ compressionLevel: 6 })
    .toBuffer();
  await writeFileWhole(file, png, { durable: false });
}

function describe(result: SampleResult, request: SampleRequest): string {
  const { images, patients, classes, generatorVersion } = result;
  const content = {
    formatVersion: 1,
    generated: true,
    template: request.template,
    generatorVersion,
    seed: request.seed,
    images,
    patients,
    classes,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
