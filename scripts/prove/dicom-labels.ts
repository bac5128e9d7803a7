import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { v7 as uuid } from 'uuid';

import type { Shape } from '../../src/contract/annotation.ts';
import type { LabelFormat } from '../../src/contract/interchange.ts';
import { maskOfPicture, shapeOfMask } from '../../src/core/masks.ts';
import { createRandom, type Random } from '../../src/core/random.ts';
import { shapeArea, shapeMask } from '../../src/core/shapes.ts';
import type { LabelledImage } from '../../src/engine/db/interchange-repository.ts';
import { exportLabels } from '../../src/engine/interchange/export-labels.ts';
import { importLabels } from '../../src/engine/interchange/import-labels.ts';
import type { JobContext } from '../../src/engine/jobs.ts';
import { allAnnotations, changeAnnotations } from '../../src/engine/label/annotations.ts';
import { assignLabels } from '../../src/engine/label/label-service.ts';
import { type ImportBench, openImportBench } from '../../test/support/import-project.ts';
import { pythonWith } from '../python-environment.ts';
import { inScratch } from './lib/readroom.ts';

const requirements = path.join(import.meta.dirname, '..', '..', 'bench', 'requirements-dicom.txt');
const script = path.join(import.meta.dirname, 'dicom-labels', 'check.py');
const classes = ['normal', 'nodule', 'Ödem'];
const readers = ['Ada', 'Bo'];
const shapesAnImage = 4;

/** What others' readers found in our files. */
interface Found {
  pydicom: string;
  highdicom: string;
  segmentations: {
    reader: string;
    frames: { instance: string; frame: number; label: string; mask: string }[];
    pixels: number;
    highdicomPixels: number;
    faults: string[];
  }[];
  reports: {
    rois: { tracking: string; finding: string; points: number[][]; instance: string }[];
    labels: { finding: string | null; instances: string[] }[];
    faults: string[];
  }[];
}

const context: JobContext = { signal: new AbortController().signal, progress: () => undefined };

/** Shapes and labels of two readers on films of pydicom as DICOM, read by pydicom and highdicom, and taken in again. */
export default {
  name: 'dicom-labels',
  description:
    'Masks, outlines and labels on the films of pydicom as DICOM SEG and SR: read by pydicom and highdicom as they were drawn, and taken in again as they were; files of highdicom taken in',
  run: () =>
    inScratch(async (folder) => {
      const python = pythonWith(requirements);
      const films = path.join(folder, 'films');
      mkdirSync(films);
      execFileSync(python, [script, 'sources', films]);
      const from = await openWith(films);
      const back = await openWith(films);
      try {
        const drawn = drawOn(from);
        const seg = await write(from, folder, 'dicom-seg');
        const sr = await write(from, folder, 'dicom-sr');
        const found = read(python, seg.to);
        const reports = read(python, sr.to);
        const faults = [
          ...differences('masks as pydicom reads them', drawn.masks, masksIn(found)),
          ...differences('outlines as highdicom reads them', drawn.outlines, outlinesIn(reports)),
          ...differences('labels as highdicom reads them', drawn.labels, labelsIn(reports)),
          ...found.segmentations
            .filter(({ pixels, highdicomPixels }) => pixels !== highdicomPixels)
            .map(({ pixels, highdicomPixels }) => `${highdicomPixels} pixels by highdicom, not ${pixels}`),
          ...[...found.segmentations, ...reports.reports].flatMap((file) => file.faults),
        ];
        for (const source of [seg.to, sr.to]) faults.push(...(await takeIn(back, source)));
        faults.push(...differences('shapes taken in again', shapesIn(from), shapesIn(back)));
        faults.push(...(await takeInOthers(python, films, folder)));
        return outcome(found, reports, drawn, faults);
      } finally {
        await from.close();
        await back.close();
      }
    }),
};

/** @returns what was refused */
async function takeIn({ session, pool }: ImportBench, source: string): Promise<string[]> {
  const input = { project: '', format: 'dicom-seg' as const, source, reader: 'Cem', dryRun: false };
  const { refused } = await importLabels(session, input, context, { pool });
  return refused.map(({ where, message }) => `${where}: ${message}`);
}

/** Files that highdicom makes: as many pixels of each class come in, and its outlines. @returns what is wrong */
async function takeInOthers(python: string, films: string, folder: string): Promise<string[]> {
  const made = path.join(folder, 'made');
  mkdirSync(made);
  const said = execFileSync(python, [script, 'make', films, made], { encoding: 'utf8' });
  const faults: string[] = [];
  for (const [file, wanted] of [
    ['binary.dcm', JSON.parse(said) as object],
    ['fractional.dcm', JSON.parse(said) as object],
    ['report.dcm', { polygon: 3, point: 1 }],
  ] as const) {
    const bench = await openWith(films);
    try {
      faults.push(...(await takeIn(bench, path.join(made, file))));
      faults.push(...differences(file, [JSON.stringify(wanted)], [JSON.stringify(countsIn(bench))]));
    } finally {
      await bench.close();
    }
  }
  return faults;
}

/** Pixels of masks by class, and how many other shapes there are by kind. */
function countsIn({ session }: ImportBench): Record<string, number> {
  const names = session.projects.shownClassNames();
  const counts: Record<string, number> = {};
  for (const { image } of session.interchange.images(0, 1000)) {
    for (const { class: id, shape } of allAnnotations(session, image)) {
      const isMask = shape.kind === 'mask';
      const key = isMask ? names.get(id ?? '')! : shape.kind;
      counts[key] = (counts[key] ?? 0) + (isMask ? shapeArea(shape) : 1);
    }
  }
  return counts;
}

function outcome(
  { pydicom, highdicom, segmentations }: Found,
  { reports }: Found,
  { masks, outlines, labels, images }: Drawn,
  faults: string[],
) {
  const written = {
    ...{ images, segmentations: segmentations.length, masks: masks.length },
    ...{ reports: reports.length, outlines: outlines.length, labels: labels.length },
  };
  const summary = [
    `${images} images, ${readers.length} readers: ${masks.length} masks in ${segmentations.length} segmentations; ` +
      `${outlines.length} outlines and ${labels.length} labels in ${reports.length} reports.`,
    `pydicom ${pydicom} and highdicom ${highdicom} find the same, the mandatory attributes of each file are there, ` +
      `all shapes are as they were when they are taken in again, and segmentations and a report that highdicom made come in: ${faults.length === 0 ? 'yes' : 'NO'}.`,
    ...faults.slice(0, 50),
  ];
  return { results: { pydicom, highdicom, ...written, faults }, passed: faults.length === 0, summary };
}

async function openWith(films: string): Promise<ImportBench> {
  const bench = await openImportBench({ classes });
  bench.write(
    Object.fromEntries(readdirSync(films).map((name) => [name, readFileSync(path.join(films, name))])),
  );
  await bench.run();
  return bench;
}

async function write(from: ImportBench, folder: string, format: LabelFormat): Promise<{ to: string }> {
  const to = path.join(folder, format);
  const input = { project: '', format, to, which: { of: 'all' as const } };
  await exportLabels(from.session, input, context, { pool: from.pool, version: 'proof' });
  return { to };
}

const read = (python: string, folder: string): Found =>
  JSON.parse(
    execFileSync(python, [script, 'read', folder], { encoding: 'utf8', maxBuffer: 1 << 30 }),
  ) as Found;

/** What was drawn, each as a line of text, as files should have it. */
interface Drawn {
  images: number;
  masks: string[];
  outlines: string[];
  labels: string[];
}

function drawOn({ session }: ImportBench): Drawn {
  const random = createRandom(11, 'dicom labels');
  const drawn: Drawn = { images: 0, masks: [], outlines: [], labels: [] };
  for (const image of session.interchange.images(0, 1000)) {
    if (image.series === null || image.study === null) continue;
    drawn.images += 1;
    for (const reader of readers) {
      for (let nth = 0; nth < shapesAnImage; nth += 1) {
        const className = classes[random.integer(classes.length)]!;
        const shape = nth % 2 === 0 ? randomMask(random, image) : randomOutline(random, image);
        const id = uuid();
        const put = [{ id, class: session.projects.classNamed(className).id, shape }];
        changeAnnotations(session, { image: image.image, reader, round: '', put, remove: [] });
        // In segmentations outlines are masks as well.
        const hash = hashOf(shape, image);
        if (hash !== null) drawn.masks.push(JSON.stringify([reader, className, hash]));
        if (shape.kind === 'polygon')
          drawn.outlines.push(JSON.stringify([className, [...shape.points, shape.points[0]!]]));
      }
    }
    const label = classes[random.integer(classes.length)]!;
    assignLabels(session, [image.image], { change: { class: label }, reader: 'Ada', round: '' });
    // Hers, and that of record.
    drawn.labels.push(label, label);
  }
  return drawn;
}

function randomMask(random: Random, { width, height }: LabelledImage): Shape {
  const box = { x: random.integer(width - 8), y: random.integer(height - 8), width: 8, height: 8 };
  const data = Uint8Array.from({ length: 64 }, (_, at) => (at === 0 ? 1 : random.integer(2)));
  return shapeOfMask({ ...box, data })!;
}

function randomOutline(random: Random, { width, height }: LabelledImage): Shape {
  const point = (): [number, number] => [random.integer(width * 4) / 4, random.integer(height * 4) / 4];
  return { kind: 'polygon', points: Array.from({ length: 3 + random.integer(6) }, point) };
}

/** Of the bytes of a picture, 1 inside; null where no pixel is. */
function hashOf(shape: Shape, picture: LabelledImage): string | null {
  const mask = shapeMask(shape, picture);
  if (!mask || !shapeOfMask(mask)) return null;
  return createHash('sha256').update(maskOfPicture(mask, picture).data).digest('hex');
}

const masksIn = ({ segmentations }: Found): string[] =>
  segmentations.flatMap(({ reader, frames }) =>
    frames.map(({ label, mask }) => JSON.stringify([reader, label, mask])),
  );

const outlinesIn = ({ reports }: Found): string[] =>
  reports.flatMap(({ rois }) => rois.map(({ finding, points }) => JSON.stringify([finding, points])));

const labelsIn = ({ reports }: Found): string[] =>
  reports.flatMap(({ labels }) => labels.map(({ finding }) => finding ?? 'none'));

/** The shapes on each image, with outlines also as the masks that segmentations make of them. */
function shapesIn({ session }: ImportBench): string[] {
  const names = session.projects.shownClassNames();
  const shapes = session.interchange.images(0, 1000).flatMap((image) =>
    allAnnotations(session, image.image).flatMap(({ class: id, shape }) => {
      const mask = shapeMask(shape, image);
      const both = [shape, ...(mask ? [shapeOfMask(mask)] : [])];
      const place = [image.relativePath, image.frame, id === null ? null : names.get(id)];
      return both.filter((one) => one !== null).map((one) => JSON.stringify([...place, one]));
    }),
  );
  return [...new Set(shapes)];
}

/** What is in one of two lists more often than in the other. */
function differences(what: string, wanted: readonly string[], found: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const one of wanted) counts.set(one, (counts.get(one) ?? 0) + 1);
  for (const one of found) counts.set(one, (counts.get(one) ?? 0) - 1);
  return [...counts]
    .filter(([, count]) => count !== 0)
    .map(([one, count]) => `${what}: ${count > 0 ? 'lacking' : 'too much'}: ${one.slice(0, 200)}`);
}
