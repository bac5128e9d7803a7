import { createReadStream } from 'node:fs';

import { JSONParser } from '@streamparser/json';

import type { Shape } from '../../contract/annotation.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { LabelKind } from '../../contract/project.ts';
import { decodeCocoRuns, maskOfCocoRuns } from '../../core/coco-rle.ts';
import { polygonToMask } from '../../core/mask-outlines.ts';
import { type Mask, shapeOfMask, unionMask } from '../../core/masks.ts';
import { counted } from '../../core/words.ts';
import { badTable } from '../dataset/label-table.ts';
import type { LabelledImage } from '../db/interchange-repository.ts';
import {
  type CocoAnnotation,
  cocoAnnotationSchema,
  cocoCategorySchema,
  type CocoImage,
  cocoImageSchema,
  noClass,
} from './coco-schema.ts';
import type { FoundImage, ImageReference } from './find-images.ts';
import { heldInside, type Incoming, type IncomingWord } from './incoming.ts';

const lists = ['images', 'categories', 'annotations'] as const;
type List = (typeof lists)[number];

/** Elements of a COCO file's lists as they come, with their place in the list, from 0. */
async function* cocoItems(file: string): AsyncGenerator<{ list: List; place: number; value: unknown }> {
  let items: { list: List; place: number; value: unknown }[] = [];
  const failures: Error[] = [];
  const parser = new JSONParser({ paths: lists.map((list) => `$.${list}.*`), keepStack: false });
  parser.onValue = ({ value, key, stack }) => {
    items.push({ list: stack[1]!.key as List, place: Number(key), value });
  };
  parser.onError = (error) => void failures.push(error);
  try {
    for await (const bytes of createReadStream(file) as AsyncIterable<Buffer>) {
      parser.write(bytes);
      if (failures.length > 0) break;
      yield* items;
      items = [];
    }
  } catch (error) {
    throw readingError(error, file);
  }
  const [failure] = failures;
  if (failure || !parser.isEnded) {
    throw badTable(
      `${file} is no readable JSON: ${failure?.message ?? 'it ends in the middle'}.`,
      'A COCO file is one JSON object with images, categories and annotations.',
    );
  }
}

function readingError(error: unknown, file: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT')
    return new ReadroomError('fileNotFound', `There is no file "${file}".`, 'Check the path.');
  return code === 'EISDIR' ? badTable(`${file} is a folder.`, 'Give the JSON file.') : error;
}

interface Listed {
  images: Map<number | string, CocoImage>;
  /** Names by id. */
  categories: Map<number | string, string>;
  used: Set<number | string>;
}

/** What annotations refer to: it may stand behind them. */
async function readLists(file: string, incoming: Incoming): Promise<Listed> {
  const listed: Listed = { images: new Map(), categories: new Map(), used: new Set() };
  for await (const { list, place, value } of cocoItems(file)) {
    if (list === 'annotations') {
      const { category_id: category } = (value ?? {}) as { category_id?: number | string };
      if (category !== undefined) listed.used.add(category);
      continue;
    }
    const parsed = list === 'images' ? cocoImageSchema.safeParse(value) : cocoCategorySchema.safeParse(value);
    if (!parsed.success) {
      incoming.refuse(`${list}[${place}]`, 'badTable', problemOf(parsed.error));
    } else if ('file_name' in parsed.data) listed.images.set(parsed.data.id, parsed.data);
    else listed.categories.set(parsed.data.id, parsed.data.name);
  }
  return listed;
}

const problemOf = (error: { issues: { path: PropertyKey[]; message: string }[] }): string => {
  const [issue] = error.issues;
  const field = issue?.path.join('.') ?? '';
  return `${field === '' ? 'It' : `Its field ${field}`} does not fit: ${issue?.message ?? 'unknown'}.`;
};

/**
 * Takes in a COCO file: shapes, and labels where Readroom wrote it. Shapes that reach beyond their picture are cut at
 * its border; an object of several outlines becomes one mask.
 * @throws ReadroomError `badTable`, `fileNotFound`
 */
export async function takeInCoco(
  file: string,
  kind: LabelKind,
  find: (reference: ImageReference) => FoundImage,
  incoming: Incoming,
): Promise<void> {
  const { images, categories, used } = await readLists(file, incoming);
  const labels = [...images.values()].flatMap(({ readroom }) => [
    ...(readroom?.label ? [readroom.label] : []),
    ...(readroom?.classes ?? []),
  ]);
  const names = [...used].map((id) => categories.get(id)).filter((name) => name !== undefined);
  incoming.openClasses([...names.filter((name) => name !== noClass), ...labels]);
  const known = await takeInImages(images, kind, find, incoming);
  let cut = 0;
  for await (const { list, place, value } of cocoItems(file)) {
    if (list !== 'annotations') continue;
    const where = `annotations[${place}]`;
    const parsed = cocoAnnotationSchema.safeParse(value);
    if (!parsed.success) {
      incoming.refuse(where, 'badTable', problemOf(parsed.error));
      continue;
    }
    const image = known.get(parsed.data.image_id);
    if (image === null) continue;
    if (image === undefined) {
      incoming.refuse(where, 'badTable', `There is no image ${parsed.data.image_id} in the file.`);
      continue;
    }
    cut += await takeInAnnotation(parsed.data, image, categories, where, incoming);
  }
  if (cut > 0)
    incoming.warn(`${counted(cut, 'shape')} reached beyond the picture and were cut at its border.`);
}

/** Images of the project by the file's ids, null for those that are refused; takes in their labels. */
async function takeInImages(
  images: ReadonlyMap<number | string, CocoImage>,
  kind: LabelKind,
  find: (reference: ImageReference) => FoundImage,
  incoming: Incoming,
): Promise<Map<number | string, LabelledImage | null>> {
  const known = new Map<number | string, LabelledImage | null>();
  for (const [id, { file_name: name, width, height, readroom }] of images) {
    const reference = { file: name, frame: readroom?.frame ?? null, image: readroom?.image ?? null };
    const result = find(reference);
    const { found } = result;
    known.set(id, found);
    if (!found) {
      incoming.refuse(name, result.code, result.message);
      continue;
    }
    if ((width !== undefined && width !== found.width) || (height !== undefined && height !== found.height)) {
      const message = `The file says ${width} × ${height} pixels; the image has ${found.width} × ${found.height}.`;
      incoming.refuse(name, 'badTable', message);
      known.set(id, null);
      continue;
    }
    const word = readroom && wordOf(readroom, kind);
    if (word) await incoming.word(found, word, name);
  }
  return known;
}

function wordOf(said: NonNullable<CocoImage['readroom']>, kind: LabelKind): IncomingWord | null {
  const unsure = said.unsure === true ? { unsure: true } : {};
  if (kind === 'number') return typeof said.number === 'number' ? { number: said.number, ...unsure } : null;
  if (kind === 'multi') {
    const set = said.classes ?? (typeof said.label === 'string' ? [said.label] : null);
    return set && { classes: { set }, ...unsure };
  }
  return typeof said.label === 'string' ? { class: said.label, ...unsure } : null;
}

/** @returns 1 for a shape that was cut, else 0 */
async function takeInAnnotation(
  annotation: CocoAnnotation,
  image: LabelledImage,
  categories: ReadonlyMap<number | string, string>,
  where: string,
  incoming: Incoming,
): Promise<0 | 1> {
  const { category_id: category, attributes } = annotation;
  const name = category === null || category === undefined ? noClass : categories.get(category);
  if (name === undefined) {
    incoming.refuse(where, 'badTable', `There is no category ${category} in the file.`);
    return 0;
  }
  let shape: Shape | null;
  try {
    shape = shapeOf(annotation, image);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    incoming.refuse(where, 'badTable', `Its segmentation cannot be read: ${error.message}.`);
    return 0;
  }
  if (!shape) {
    incoming.refuse(where, 'badTable', 'It has no bbox and no segmentation.');
    return 0;
  }
  const held = heldInside(shape, image);
  if (!held) {
    incoming.refuse(where, 'badTable', `The ${shape.kind} lies outside of the picture.`);
    return 0;
  }
  const comment = attributes?.comment;
  const drawn = {
    className: name === noClass ? null : name,
    shape: held,
    ...(attributes?.unsure && { unsure: true as const }),
    ...(comment !== undefined && { comment }),
  };
  await incoming.shape(image, drawn, where);
  return held === shape ? 0 : 1;
}

/** @throws RangeError for runs that are none */
function shapeOf(annotation: CocoAnnotation, picture: LabelledImage): Shape | null {
  const { segmentation, bbox, keypoints, attributes } = annotation;
  if (segmentation && !Array.isArray(segmentation)) {
    const { size, counts } = segmentation;
    if (size[0] !== picture.height || size[1] !== picture.width)
      throw new RangeError(`it is of ${size[1]} × ${size[0]} pixels`);
    const runs = typeof counts === 'string' ? decodeCocoRuns(counts) : counts;
    const mask = maskOfCocoRuns(runs, picture);
    if (!mask) throw new RangeError('nothing is inside of it');
    return shapeOfMask(mask);
  }
  const outlines = (segmentation ?? []).map(pointsOf);
  if (outlines.length === 1) {
    return { kind: attributes?.shape === 'freehand' ? 'freehand' : 'polygon', points: outlines[0]! };
  }
  if (outlines.length > 1) {
    const masks = outlines.map((points) => polygonToMask(points, picture)).filter((mask) => mask !== null);
    const [first, ...others] = masks;
    return first ? shapeOfMask(others.reduce<Mask>(unionMask, first)) : null;
  }
  if (attributes?.shape === 'point' && keypoints && keypoints.length >= 2)
    return { kind: 'point', x: keypoints[0]!, y: keypoints[1]! };
  if (!bbox) return null;
  const [x, y, width, height] = bbox;
  return { kind: 'box', x, y, width, height };
}

function pointsOf(coordinates: readonly number[]): [number, number][] {
  if (coordinates.length < 6 || coordinates.length % 2 !== 0)
    throw new RangeError(`an outline has ${coordinates.length} numbers`);
  return Array.from({ length: coordinates.length / 2 }, (_, place) => [
    coordinates[2 * place]!,
    coordinates[2 * place + 1]!,
  ]);
}
