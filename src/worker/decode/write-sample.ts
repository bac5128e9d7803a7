import path from 'node:path';

import sharp from 'sharp';

import { findSampleTemplate } from '../../core/sample/index.ts';
import type {
  SampleFilm,
  SampleImage,
  SampleMask,
  SampleShare,
  SampleTemplate,
} from '../../core/sample/template.ts';
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
 * Writes one share of a template's generated pictures as CLASS/PATIENT/PATIENT-n.png below a folder. Those that are
 * to be segmented lie below `images`, and their masks as equally named 8-bit grey pictures below `masks`: 0 is
 * background, 1 and above the place of the class among the template's, counted from 1. A picture in which nothing
 * was found has a mask too.
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
      const written = writeImage(image, template, request).finally(() => writing.delete(written));
      writing.add(written);
      // Each is awaited below; without this a second failure beside the first would end the process.
      written.catch(() => undefined);
      if (writing.size >= writesInFlight) await Promise.race(writing);
      const { className, patient, ageYears, sex, number, record } = image;
      films.push({
        file: pictureFile(image),
        className,
        patient,
        ageYears,
        sex,
        ...(number !== undefined && { number }),
        ...(record && { record }),
      });
      if (films.length % progressEvery === 0) yield { type: 'progressed', done: films.length };
    }
    await Promise.all(writing);
  } finally {
    await Promise.allSettled(writing);
  }
  yield { type: 'ended', films };
}

const pictureFile = ({ file, masks }: SampleImage): string => (masks ? `images/${file}` : file);

async function writeImage(
  image: SampleImage,
  template: SampleTemplate,
  request: SampleRequest,
): Promise<void> {
  const { folder, seed } = request;
  const { width, height, channels, pixels, masks } = image;
  const mark = `${generatedMark} sample generator v${template.generatorVersion}, template ${template.id}, seed ${seed}. Not a patient.`;
  const write = async (file: string, raw: { pixels: Uint8Array; channels: 1 | 3 }): Promise<void> => {
    const png = await sharp(raw.pixels, { raw: { width, height, channels: raw.channels } })
      .toColourspace(raw.channels === 1 ? 'b-w' : 'srgb')
      .withExif({ IFD0: { ImageDescription: mark } })
      .png({ compressionLevel: 6 })
      .toBuffer();
    await writeFileWhole(path.join(folder, file), png, { durable: false });
  };
  await write(pictureFile(image), { pixels, channels });
  if (masks) {
    const indices = classIndices(width * height, masks, template.classes);
    await write(`masks/${image.file}`, { pixels: indices, channels: 1 });
  }
}

/** For each pixel the place of its class among `classes`, counted from 1, or 0. */
function classIndices(
  count: number,
  masks: readonly SampleMask[],
  classes: readonly string[],
): Uint8Array<ArrayBuffer> {
  const indices = new Uint8Array(count);
  for (const { className, data } of masks) {
    const index = classes.indexOf(className) + 1;
    for (let at = 0; at < count; at += 1) if (data[at]) indices[at] = index;
  }
  return indices;
}
