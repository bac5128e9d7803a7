import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { stringify } from 'csv-stringify/sync';

import type { Shape } from '../../contract/annotation.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { shapeMask } from '../../core/shapes.ts';
import { textCell } from '../../core/table-cells.ts';
import { counted } from '../../core/words.ts';
import type { LabelledImage } from '../db/interchange-repository.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import { createPace } from '../turns.ts';
import {
  maskClassesColumns,
  maskClassesName,
  maskIndexColumns,
  maskIndexName,
  mostMaskClasses,
} from './mask-files.ts';
import type { Outgoing } from './outgoing.ts';
import { frameOf, nameFor } from './yolo-out.ts';

/** What is drawn on an image, with the class by its place. */
interface Area {
  place: number;
  shape: Shape;
}

/**
 * Writes a grey PNG for each image that is drawn on, and for one that is labelled with none of the classes: 0 background,
 * 1 and above the place of the class; where classes overlap the later one stands. `classes.csv` says which value is which.
 * Without one reader's name, drawings are those of record.
 *
 * @throws ReadroomError `usage` for more classes than a mask of one byte a pixel holds
 */
export async function writeMasks(
  folder: string,
  out: Outgoing,
  { pool, signal }: { pool: Pick<DecodePool, 'writeMask'>; signal: AbortSignal },
): Promise<void> {
  const { classes } = out;
  if (classes.length > mostMaskClasses) {
    throw new ReadroomError(
      'usage',
      `The project has ${classes.length} classes; masks as PNG hold ${mostMaskClasses} at most.`,
      'Export as COCO.',
    );
  }
  const taken = new Set<string>();
  const index: string[][] = [];
  const pace = createPace();
  const raw = path.join(folder, '.mask');
  let overlapping = 0;
  for await (const page of out.pages('Writing masks')) {
    const areas = areasOn(out, page);
    for (const image of page) {
      out.written.images += 1;
      const drawn = areas.get(image.image) ?? [];
      if (drawn.length === 0 && image.record?.value.classes?.length !== 0) continue;
      const { mask, overlaps } = paint(drawn, image);
      if (overlaps) overlapping += 1;
      const name = `${nameFor(image, taken)}.png`;
      await writeFile(raw, mask);
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      const { width, height } = image;
      await pool.writeMask({ from: raw, width, height, to: path.join(folder, name) }, signal);
      out.written.shapes += drawn.length;
      index.push([textCell(name), image.image, textCell(image.relativePath), frameOf(image)]);
      await pace();
    }
  }
  await rm(raw, { force: true });
  const values = classes.map(({ name }, place) => [String(place + 1), textCell(name)]);
  await writeFile(path.join(folder, maskIndexName), stringify([[...maskIndexColumns], ...index]));
  await writeFile(path.join(folder, maskClassesName), stringify([[...maskClassesColumns], ...values]));
  if (overlapping > 0)
    out.warnings.push(
      `Classes overlap on ${counted(overlapping, 'image')}: a mask has one for each pixel, and the later one stands.`,
    );
}

function areasOn(out: Outgoing, page: readonly LabelledImage[]): Map<string, Area[]> {
  const places = new Map(out.classes.map(({ id }, place) => [id, place]));
  const area = (classId: string | null, shape: Shape): Area[] => {
    const place = places.get(classId ?? '');
    return place === undefined || shape.kind === 'point' ? [] : [{ place, shape }];
  };
  if (out.which.of === 'reader') {
    const drawn = [...out.shapesOn(page)];
    return new Map(
      drawn.map(([image, shapes]) => [
        image,
        shapes.flatMap((one) => area(out.classOf(one), one.value.shape)),
      ]),
    );
  }
  const drawn = out.session.drawings.shapesOn(page.map(({ image }) => image));
  return new Map(
    [...drawn].map(([image, shapes]) => [image, shapes.flatMap((one) => area(one.class, one.shape))]),
  );
}

function paint(
  areas: readonly Area[],
  picture: { width: number; height: number },
): { mask: Uint8Array; overlaps: boolean } {
  const { width, height } = picture;
  const painted = new Uint8Array(width * height);
  let overlaps = false;
  for (const { place, shape } of [...areas].sort((a, b) => a.place - b.place)) {
    const mask = shapeMask(shape, picture);
    if (!mask) continue;
    for (let y = 0, from = 0; y < mask.height; y += 1) {
      let to = (mask.y + y) * width + mask.x;
      for (let x = 0; x < mask.width; x += 1, from += 1, to += 1) {
        if (mask.data[from] !== 1) continue;
        if (painted[to] !== 0 && painted[to] !== place + 1) overlaps = true;
        painted[to] = place + 1;
      }
    }
  }
  return { mask: painted, overlaps };
}
