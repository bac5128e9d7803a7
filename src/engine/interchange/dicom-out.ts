import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { DicomLabelsPlan, ReferencedFrame } from '../../contract/dicom-labels.ts';
import { count, counted } from '../../core/words.ts';
import type { LabelledImage, ReaderShape } from '../db/interchange-repository.ts';
import { type DicomPool, type FrameOfImage, framesOf } from './dicom-frames.ts';
import type { Outgoing } from './outgoing.ts';

/** What a run of an export has beside what is written. */
export interface DicomExport {
  out: Outgoing;
  /** New files go here. */
  folder: string;
  pool: DicomPool;
  signal: AbortSignal;
  /** Readroom's version. */
  version: string;
}

const listedFailures = 20;

/** What was left out, told in the end. */
export interface LeftOut {
  plainImages: number;
  withoutSeries: number;
  shapes: number;
  failures: Map<string, string>;
}

export const nothingLeftOut = (): LeftOut => ({
  plainImages: 0,
  withoutSeries: 0,
  shapes: 0,
  failures: new Map(),
});

/** Whether DICOM labels can refer to an image; counts it among those left out where not. */
export function isReferable(
  { format, series, study }: LabelledImage,
  leftOut: Pick<LeftOut, 'plainImages' | 'withoutSeries'>,
): boolean {
  if (format !== 'dicom') leftOut.plainImages += 1;
  else if (series === null || study === null) leftOut.withoutSeries += 1;
  return format === 'dicom' && series !== null && study !== null;
}

export function tell({ warnings }: Outgoing, leftOut: LeftOut, shapes: string): void {
  const { plainImages, withoutSeries, failures } = leftOut;
  if (plainImages > 0)
    warnings.push(
      `${counted(plainImages, 'image')} left out: no DICOM files, which DICOM labels cannot refer to.`,
    );
  if (withoutSeries > 0)
    warnings.push(`${counted(withoutSeries, 'image')} left out: the file does not say its study and series.`);
  if (leftOut.shapes > 0) warnings.push(`${counted(leftOut.shapes, 'shape')} left out: ${shapes}`);
  for (const [file, reason] of [...failures].slice(0, listedFailures))
    warnings.push(`${file} left out: ${reason}`);
  if (failures.size > listedFailures)
    warnings.push(`${count(failures.size - listedFailures)} more files left out.`);
}

/** An image with those of its shapes that a kind of file can hold. */
interface DrawnImage {
  image: LabelledImage;
  drawn: ReaderShape[];
}

/** The images to be written, a page a turn; their shapes that `holds` refuses are counted as left out. */
export async function* drawnPages(
  out: Outgoing,
  note: string,
  holds: (shape: ReaderShape) => boolean,
  leftOut: LeftOut,
): AsyncGenerator<DrawnImage[]> {
  for await (const page of out.pages(note)) {
    const shapes = out.shapesOn(page);
    out.written.images += page.length;
    yield page.map((image) => {
      const all = shapes.get(image.image) ?? [];
      const drawn = all.filter(holds);
      leftOut.shapes += all.length - drawn.length;
      return { image, drawn };
    });
  }
}

/** Writes the files that groups of images become, numbered from 1. */
export async function writePlans<G>(
  groups: Iterable<G>,
  plansOf: (group: G) => AsyncIterable<DicomLabelsPlan>,
  run: DicomExport,
): Promise<void> {
  let place = 0;
  for (const group of groups) {
    for await (const plan of plansOf(group)) {
      place += 1;
      await writePlan(plan, place, run);
    }
  }
}

/** Has a plan made into the folder's file of that number, and into a series of its own. */
async function writePlan(
  plan: DicomLabelsPlan,
  place: number,
  { folder, pool, signal }: DicomExport,
): Promise<void> {
  const planFile = path.join(folder, '.plan.json');
  const name = `${plan.kind}-${String(place).padStart(5, '0')}.dcm`;
  const numbered: DicomLabelsPlan = { ...plan, seriesNumber: firstSeriesNumber + place };
  await writeFile(planFile, jsonPieces(numbered), { mode: 0o600 });
  try {
    await pool.writeDicomLabels(planFile, path.join(folder, name), signal);
  } finally {
    await rm(planFile, { force: true });
  }
}

const pieceLength = 100_000;

/** A plan as JSON, its lists item by item: the masks of a large one as one text would hold the engine for long. */
function* jsonPieces(plan: DicomLabelsPlan): Generator<string> {
  let text = '';
  let opening = '{';
  for (const [key, value] of Object.entries(plan) as [string, unknown][]) {
    text += `${opening}${JSON.stringify(key)}:`;
    opening = ',';
    if (!Array.isArray(value)) {
      text += JSON.stringify(value);
      continue;
    }
    text += '[';
    for (const [index, item] of value.entries()) {
      text += `${index === 0 ? '' : ','}${JSON.stringify(item)}`;
      if (text.length < pieceLength) continue;
      yield text;
      text = '';
    }
    text += ']';
  }
  yield `${text}}`;
}

/** Of new series, behind those of the modality. */
const firstSeriesNumber = 9000;

/** In their order in the series. */
export async function referableFrames(
  images: readonly LabelledImage[],
  { out, pool, signal }: DicomExport,
  leftOut: LeftOut,
): Promise<FrameOfImage[]> {
  const frames = await framesOf(out.session, images, pool, signal, (file, reason) =>
    leftOut.failures.set(file, reason),
  );
  const along = ({ plane }: ReferencedFrame): number => {
    const { position, orientation } = plane;
    if (!position || !orientation) return 0;
    const [rx, ry, rz, cx, cy, cz] = orientation as [number, number, number, number, number, number];
    const [x, y, z] = position as [number, number, number];
    return x * (ry * cz - rz * cy) + y * (rz * cx - rx * cz) + z * (rx * cy - ry * cx);
  };
  return frames.sort((a, b) => along(a.source) - along(b.source) || a.image.row - b.image.row);
}

/** What every plan has; its number is given when it is written. */
export const planOf = ({ version }: DicomExport, source: string, reader: string | null) => ({
  ...{ source, reader, version, at: new Date().toISOString() },
  seriesNumber: firstSeriesNumber,
});

export const shapesOf = (out: Outgoing, image: LabelledImage, reader: string): ReaderShape[] =>
  (out.shapesOn([image]).get(image.image) ?? []).filter((shape) => shape.reader === reader);
