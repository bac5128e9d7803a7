import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import sharp from 'sharp';

import { streamKey, uniformWords } from '../../src/core/random.ts';
import { findSampleTemplate } from '../../src/core/sample/index.ts';
import type { SampleImage } from '../../src/core/sample/template.ts';

/** JPEG films of real size in `<folder>/<part>/<class>/`, made by seeded code. */
export interface Films {
  readonly folder: string;
  readonly counts: Readonly<Record<'train' | 'val' | 'test', number>>;
  readonly width: number;
  readonly height: number;
  readonly meanBytes: number;
}

/** Reads a patient's key from a file's name, as `readroom import --patient` takes it. */
export const patientRule = 'regex:(P[0-9]+)-';

const width = 1318;
const height = 1040;
const quality = 90;
const seed = 1;
const noteName = 'films.json';

/** Draws the films below a cache folder; once, for the same call finds them again. */
export async function ensureFilms(
  cache: string,
  images: number,
  tell: (what: string) => void,
): Promise<Films> {
  const folder = path.join(cache, `films-${images}`);
  const note = path.join(folder, noteName);
  if (existsSync(note)) return { ...(JSON.parse(readFileSync(note, 'utf8')) as Films), folder };
  tell(`drawing ${images} films of ${width}×${height}, once`);
  const building = `${folder}.${process.pid}.part`;
  try {
    const drawn = await drawFilms(building, images);
    writeFileSync(path.join(building, noteName), JSON.stringify(drawn));
    renameSync(building, folder);
    return { ...drawn, folder };
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

async function drawFilms(folder: string, images: number): Promise<Films> {
  const counts = { train: 0, val: 0, test: 0 };
  let bytes = 0;
  const partOf = partsByPatient(images);
  for (const image of findSampleTemplate('pneumonia').draw(images, seed)) {
    const part = partOf(image.patient);
    const to = path.join(folder, part, image.className, path.basename(image.file, '.png').concat('.jpg'));
    mkdirSync(path.dirname(to), { recursive: true });
    const jpeg = await asJpeg(image);
    writeFileSync(to, jpeg);
    counts[part]++;
    bytes += jpeg.length;
  }
  return { folder, counts, width, height, meanBytes: Math.round(bytes / images) };
}

/** About four fifths of the patients train, a sixth validates, the few left stand for a test part nobody opens. */
function partsByPatient(images: number): (patient: string) => 'train' | 'val' | 'test' {
  const places = new Map<string, number>();
  // A patient has about three and a half films.
  const patients = images / 3.5;
  return (patient) => {
    const place = places.get(patient) ?? places.size;
    places.set(patient, place);
    const share = place / patients;
    if (share < 0.04) return 'test';
    return share < 0.2 ? 'val' : 'train';
  };
}

/** A film enlarged to the size of a real one, with grain of its own at that size, so that it packs like one. */
async function asJpeg(image: SampleImage): Promise<Buffer> {
  const pixels = await sharp(image.pixels, { raw: { width: image.width, height: image.height, channels: 1 } })
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  const words = uniformWords(
    streamKey(seed, `grain ${image.file}`),
    [0, 0, 0, 0],
    Math.ceil(pixels.length / 4),
  );
  const grain = new Uint8Array(words.buffer);
  const amplitude = 4 / 128;
  for (let at = 0; at < pixels.length; at++) {
    const noisy = pixels[at]! + (grain[at]! - 127.5) * amplitude;
    pixels[at] = Math.max(0, Math.min(255, Math.round(noisy)));
  }
  return sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .jpeg({ quality })
    .toBuffer();
}
