import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { LabelSchema } from '../../contract/project.ts';
import { shapeOfMask } from '../../core/masks.ts';
import { counted, listed } from '../../core/words.ts';
import { badTable, requireColumn, tableLines } from '../dataset/label-table.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import { createPace } from '../turns.ts';
import type { FoundImage, ImageReference } from './find-images.ts';
import type { Incoming } from './incoming.ts';
import { maskClassesColumns, maskClassesName, maskIndexColumns, maskIndexName } from './mask-files.ts';
import { readImageIndex } from './yolo-in.ts';

const pictures = /\.(png|tiff?|bmp|jpe?g|webp)$/i;
/** What names of masks have behind that of their image. */
const suffixes = /[ _.-](mask|masks|seg|segmentation|label|labels|gt)$/i;
/** What programs write for "here" in masks of one class. */
const here = 255;

interface MaskSource {
  folder: string;
  pool: Pick<DecodePool, 'readMask' | 'size'>;
  signal: AbortSignal;
}

interface Taking {
  /** Names by value. */
  classes: ReadonlyMap<number, string>;
  find: (reference: ImageReference) => FoundImage;
  incoming: Incoming;
  /** Whether an image without anything of the classes can be said to have none. */
  canSayNone: boolean;
  /** Masks of background alone that no label could stand for. */
  empty: string[];
}

/** A mask as it was read: `pixels` holds places in `values`. */
interface MaskPicture {
  name: string;
  width: number;
  height: number;
  values: readonly number[];
  pixels: Uint8Array;
}

/**
 * Takes in a folder of masks, an image file for each image: 0 is background, other values are classes by `classes.csv`
 * (value, class) or, without it, by the order of the project's classes from 1. Where there is one class, 255 is it too. A
 * mask belongs to the image of its path or name, also with `_mask` or `_seg` behind it. One of background alone says of
 * its image, where labels are sets of classes, that it has none.
 *
 * @param names of the project's classes, in their order
 * @throws ReadroomError `badTable`, `fileNotFound`, `cancelled`
 */
export async function takeInMasks(
  source: MaskSource,
  { kind, level }: Pick<LabelSchema, 'kind' | 'level'>,
  names: readonly string[],
  find: Taking['find'],
  incoming: Incoming,
): Promise<void> {
  const { folder } = source;
  const files = await maskNames(folder);
  const classes = (await readClasses(folder)) ?? new Map(names.map((name, place) => [place + 1, name]));
  if (classes.size === 0) {
    throw badTable(
      `${folder} does not say which class each value is, and the project has no classes.`,
      `Add classes in their order, from value 1, or a table ${maskClassesName} with the columns value and class.`,
    );
  }
  incoming.openClasses(classes.values());
  const references = await readImageIndex(folder, maskIndexName, maskIndexColumns);
  const canSayNone = kind === 'multi' && level === 'image';
  const taking: Taking = { classes, find, incoming, canSayNone, empty: [] };
  const scratch = await mkdtemp(path.join(tmpdir(), 'readroom-masks-'));
  try {
    for (let start = 0; start < files.length; start += source.pool.size) {
      const some = files.slice(start, start + source.pool.size);
      const read = await Promise.all(
        some.map((name, at) => readMask(name, source, path.join(scratch, String(start + at)))),
      );
      for (const mask of read) {
        if ('refused' in mask) incoming.refuse(mask.name, mask.refused.code, mask.refused.message);
        else await takeInMask(mask, references.get(stemOf(mask.name)), taking);
      }
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  const { empty } = taking;
  if (empty.length > 0)
    incoming.warn(
      `${counted(empty.length, 'mask')} of background alone ${empty.length === 1 ? 'says' : 'say'} nothing of ${empty.length === 1 ? 'its image' : 'their images'}, which ${empty.length === 1 ? 'counts' : 'count'} as judged only with a label: ${listed(empty.slice(0, 3))}.`,
    );
}

async function takeInMask(
  mask: MaskPicture,
  reference: ImageReference | undefined,
  { classes, find, incoming, canSayNone, empty }: Taking,
): Promise<void> {
  const { name, width, height, values } = mask;
  const result = reference ? find(reference) : findByName(stemOf(name), find);
  if (!result.found) {
    incoming.refuse(name, result.code, result.message);
    return;
  }
  const picture = result.found;
  if (width !== picture.width || height !== picture.height) {
    const message = `The mask is of ${width} × ${height} pixels, its image ${picture.relativePath} of ${picture.width} × ${picture.height}.`;
    incoming.refuse(name, 'badTable', message);
    return;
  }
  const nameOf = (value: number): string | undefined =>
    classes.get(value) ?? (value === here && classes.size === 1 ? [...classes.values()][0] : undefined);
  const unknown = values.filter((value) => value !== 0 && nameOf(value) === undefined);
  if (unknown.length > 0) {
    incoming.refuse(name, 'labelClassUnknown', unknownValues(unknown, classes));
    return;
  }
  const pace = createPace();
  for (const [place, value] of values.entries()) {
    if (value === 0) continue;
    const data = mask.pixels.map((pixel) => (pixel === place ? 1 : 0));
    const shape = shapeOfMask({ x: 0, y: 0, width, height, data });
    if (shape) await incoming.shape(picture, { className: nameOf(value)!, shape }, name);
    await pace();
  }
  if (values.some((value) => value !== 0)) return;
  if (canSayNone) await incoming.word(picture, { classes: { set: [] } }, name);
  else empty.push(name);
}

function unknownValues(unknown: readonly number[], classes: ReadonlyMap<number, string>): string {
  const known = [...classes].slice(0, 8).map(([value, name]) => `${value} is ${name}`);
  const more = classes.size > known.length ? ', …' : '';
  const which = unknown.slice(0, 8).join(', ');
  return `Of the value${unknown.length === 1 ? '' : 's'} ${which} no class is known: 0 is background, ${known.join(', ')}${more}.`;
}

const stemOf = (name: string): string => name.replace(/\.[^./]*$/, '');

/** By the whole name first: an image may be called `a_mask` itself. */
function findByName(stem: string, find: Taking['find']): FoundImage {
  const result = find({ file: stem });
  const shorter = stem.replace(suffixes, '');
  if (result.found || result.code === 'ambiguousImage' || shorter === stem) return result;
  return find({ file: shorter });
}

async function readMask(
  name: string,
  { folder, pool, signal }: MaskSource,
  to: string,
): Promise<MaskPicture | { name: string; refused: ReadroomError }> {
  try {
    const facts = await pool.readMask(path.join(folder, name), to, signal);
    const pixels = await readFile(to);
    await rm(to);
    return { name, ...facts, pixels };
  } catch (error) {
    if (!(error instanceof ReadroomError) || error.code === 'cancelled' || error.code === 'diskFull')
      throw error;
    return { name, refused: error };
  }
}

/** Below the folder, forward slashes, in the order of their names. @throws ReadroomError `badTable`, `fileNotFound` */
async function maskNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOTDIR') throw badTable(`${folder} is a file.`, 'Give the folder of the masks.');
    throw new ReadroomError('fileNotFound', `There is no folder "${folder}".`, 'Check the path.');
  });
  const names = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && pictures.test(entry.name))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
  if (names.length > 0) return names;
  throw badTable(`${folder} holds no mask.`, 'One PNG or TIFF an image, named as the image.');
}

/** Names by value; null where there is no such table. @throws ReadroomError `badTable` */
async function readClasses(folder: string): Promise<Map<number, string> | null> {
  const file = path.join(folder, maskClassesName);
  const classes = new Map<number, string>();
  let places: number[] | null = null;
  try {
    for await (const { cells, line } of tableLines(file)) {
      if (!places) {
        places = maskClassesColumns.map((column) => requireColumn(file, cells, [column], `each ${column}`));
        continue;
      }
      const [value, name] = places.map((place) => (cells[place] ?? '').trim()) as [string, string];
      if (!/^\d{1,5}$/.test(value) || Number(value) === 0 || name === '')
        throw badTable(
          `Line ${line} of ${file} is no value from 1 and its class: "${value}", "${name}".`,
          'Value 0 is background and has no line.',
        );
      classes.set(Number(value), name);
    }
  } catch (error) {
    if (error instanceof ReadroomError && error.code === 'fileNotFound') return null;
    throw error;
  }
  return classes;
}
