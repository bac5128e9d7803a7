import path from 'node:path';

import sharp from 'sharp';

import { findSampleTemplate } from '../../core/sample/index.ts';
import type { SampleFilm, SampleImage, SampleShare, SampleTemplate } from '../../core/sample/template.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { generatedMark } from './exif.ts';

export interface SampleRequest {
  readonly folder: string;
  readonly template: string;
  /** Of the whole sample. */
  readonly images: number;
  readonly seed: number;
  readonly share: SampleShare;
}

export type SampleEvent = { type: 'progressed'; done: number } | { type: 'ended'; films: SampleFilm[] };

/** Files being packed and written while the next ones are drawn. */
const writesInFlight = 4;
const progressEvery = 5;

/**
 * Writes one share of a template's generated pictures as CLASS/PATIENT/PATIENT-n.png below a folder.
 *
 * @throws ReadroomError `unknownTemplate`, `permissionDenied`, `diskFull`
 */
export async function* writeSample(
  request: SampleRequest,
  signal?: AbortSignal,
): AsyncGenerator<SampleEvent> {
  const template = findSampleTemplate(request.template);
  const films: SampleFilm[] = [];
  const writing = new Set<Promise<void>>();
  try {
    for (const image of template.draw(request.images, request.seed, request.share)) {
      signal?.throwIfAborted();
      const written = writePng(image, template, request).finally(() => writing.delete(written));
      writing.add(written);
      // Each is awaited below; without this a second failure beside the first would end the process.
      written.catch(() => undefined);
      if (writing.size >= writesInFlight) await Promise.race(writing);
      const { file, className, patient, ageYears, sex } = image;
      films.push({ file, className, patient, ageYears, sex });
      if (films.length % progressEvery === 0) yield { type: 'progressed', done: films.length };
    }
    await Promise.all(writing);
  } finally {
    await Promise.allSettled(writing);
  }
  yield { type: 'ended', films };
}

async function writePng(
  image: SampleImage,
  template: SampleTemplate,
  { folder, seed }: SampleRequest,
): Promise<void> {
  const { width, height, pixels } = image;
  const mark = `${generatedMark} sample generator v${template.generatorVersion}, template ${template.id}, seed ${seed}. Not a patient.`;
  const png = await sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .withExif({ IFD0: { ImageDescription: mark } })
    .png({ compressionLevel: 6 })
    .toBuffer();
  await writeFileWhole(path.join(folder, image.file), png, { durable: false });
}
