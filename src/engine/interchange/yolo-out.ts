import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { stringify } from 'csv-stringify/sync';
import { stringify as toYaml } from 'yaml';

import type { Shape } from '../../contract/annotation.ts';
import { maskToPolygons } from '../../core/mask-outlines.ts';
import { type Box, maskFromRuns, type Vertex } from '../../core/masks.ts';
import { shapeBox } from '../../core/shapes.ts';
import { textCell } from '../../core/table-cells.ts';
import { counted } from '../../core/words.ts';
import type { LabelledImage, ReaderShape } from '../db/interchange-repository.ts';
import { createPace } from '../turns.ts';
import type { Outgoing } from './outgoing.ts';

/** Which file belongs to which image: names alone do not always tell. */
export const yoloIndexName = 'images.csv';
export const yoloIndexColumns = ['txt', 'image', 'file', 'frame'] as const;

/**
 * Writes shapes as YOLO reads them (https://docs.ultralytics.com/datasets/): `labels/` has the box around each shape,
 * `segments/` the outlines of those that have one, a text file an image; `data.yaml` names the classes.
 */
export async function writeYolo(folder: string, out: Outgoing): Promise<void> {
  const places = new Map(out.classes.map(({ id }, index) => [id, index]));
  const taken = new Set<string>();
  const index: string[][] = [];
  const pace = createPace();
  const write = createWriter(folder);
  const masks = { count: 0, outlines: 0 };
  for await (const page of out.pages('Writing shapes')) {
    const shapes = out.shapesOn(page);
    for (const image of page) {
      const lines = linesOf(out, image, shapes.get(image.image) ?? [], places, masks);
      out.written.images += 1;
      if (lines.boxes.length === 0) continue;
      const name = nameFor(image, taken);
      await write(`labels/${name}.txt`, lines.boxes);
      if (lines.outlines.length > 0) await write(`segments/${name}.txt`, lines.outlines);
      index.push([textCell(`${name}.txt`), image.image, textCell(image.relativePath), frameOf(image)]);
      await pace();
    }
  }
  if (masks.outlines > masks.count)
    out.warnings.push(
      `${counted(masks.count, 'mask')} became ${counted(masks.outlines, 'outline')}, one for each part.`,
    );
  await writeFile(path.join(folder, yoloIndexName), stringify([[...yoloIndexColumns], ...index]));
  await writeFile(path.join(folder, 'data.yaml'), dataFile(out));
}

const dataFile = ({ classes }: Outgoing): string =>
  toYaml({
    path: '.',
    train: 'images',
    val: 'images',
    nc: classes.length,
    // A map, as an object's keys would be written as text.
    names: new Map(classes.map(({ name }, place) => [place, name])),
  });

/** Writes text files below a folder, making each folder once. */
function createWriter(folder: string) {
  const made = new Set<string>();
  return async (name: string, lines: readonly string[]): Promise<void> => {
    const file = path.join(folder, name);
    const parent = path.dirname(file);
    if (!made.has(parent)) await mkdir(parent, { recursive: true });
    made.add(parent);
    await writeFile(file, `${lines.join('\n')}\n`);
  };
}

/** Empty where the file has one picture. */
export const frameOf = ({ severalFrames, frame }: LabelledImage): string =>
  severalFrames ? String(frame) : '';

/** Below the folder, without its extension; another one where two images would have the same. */
export function nameFor(image: LabelledImage, taken: Set<string>): string {
  const whole = image.relativePath.replace(/(^|\/)\.\.(?=\/|$)/g, '$1_');
  const stem = whole.replace(/(?<=[^/])\.[^./]*$/, '');
  const frame = image.severalFrames ? `.${image.frame}` : '';
  const names = [`${stem}${frame}`, `${whole}${frame}`, `${stem}.${image.image}`];
  // Some systems take names that differ in case for the same.
  const name = names.find((one) => !taken.has(one.toLowerCase()))!;
  taken.add(name.toLowerCase());
  return name;
}

function linesOf(
  out: Outgoing,
  image: LabelledImage,
  shapes: readonly ReaderShape[],
  places: ReadonlyMap<string, number>,
  masks: { count: number; outlines: number },
): { boxes: string[]; outlines: string[] } {
  const boxes: string[] = [];
  const outlines: string[] = [];
  for (const drawn of shapes) {
    const { shape } = drawn.value;
    const place = places.get(out.classOf(drawn) ?? '');
    if (shape.kind === 'point' || place === undefined) continue;
    out.written.shapes += 1;
    boxes.push(boxLine(place, shapeBox(shape), image));
    const parts = outlinesOf(shape);
    for (const points of parts) outlines.push(outlineLine(place, points, image));
    if (shape.kind !== 'mask') continue;
    masks.count += 1;
    masks.outlines += parts.length;
  }
  return { boxes, outlines };
}

/** Of a mask the outer outlines of its parts: YOLO knows no holes. */
function outlinesOf(shape: Shape): (readonly Vertex[])[] {
  if (shape.kind === 'mask') return maskToPolygons(maskFromRuns(shape));
  return shape.kind === 'polygon' || shape.kind === 'freehand' ? [shape.points] : [];
}

/** A share of the picture, with less than a thousandth of a pixel lost. */
const share = (value: number, whole: number): string => String(Number((value / whole).toFixed(10)));

function boxLine(place: number, { x, y, width, height }: Box, picture: LabelledImage): string {
  const middle = [share(x + width / 2, picture.width), share(y + height / 2, picture.height)];
  return [place, ...middle, share(width, picture.width), share(height, picture.height)].join(' ');
}

function outlineLine(place: number, points: readonly Vertex[], picture: LabelledImage): string {
  return [place, ...points.flatMap(([x, y]) => [share(x, picture.width), share(y, picture.height)])].join(
    ' ',
  );
}
