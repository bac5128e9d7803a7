import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { parse as parseYaml, YAMLParseError } from 'yaml';
import { z } from 'zod';

import type { Shape } from '../../contract/annotation.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { shapeBox } from '../../core/shapes.ts';
import { counted } from '../../core/words.ts';
import { badTable, findColumn, tableLines } from '../dataset/label-table.ts';
import type { FoundImage, ImageReference } from './find-images.ts';
import { heldInside, type Incoming } from './incoming.ts';
import { yoloIndexColumns, yoloIndexName } from './yolo-out.ts';

/** Folders that name the role of files, not a part of an image's path. */
const roles = ['labels', 'segments'];
const dataNames = ['data.yaml', 'data.yml', 'dataset.yaml', 'classes.txt', 'obj.names'];

interface LabelFile {
  /** Below the source, forward slashes. */
  name: string;
  /** Of the image, as far as it tells. */
  image: string;
  role: string;
}

/** A line of a text file, in shares of the picture. */
interface Line {
  place: number;
  shares: number[];
  line: number;
}

/**
 * Takes in a folder of YOLO's text files, for detection or for segmentation, with `data.yaml` or `classes.txt`. The
 * image of a file is told by its name, or by `images.csv` where Readroom wrote the folder. A box in `labels/` that goes
 * around an outline of the same class in `segments/` is that outline.
 * @throws ReadroomError `badTable` naming what is wrong with `data.yaml`, `fileNotFound`
 */
export async function takeInYolo(
  folder: string,
  find: (reference: ImageReference) => FoundImage,
  incoming: Incoming,
): Promise<void> {
  const names = await classNames(folder);
  const references = await readImageIndex(folder, yoloIndexName, yoloIndexColumns);
  const files = await labelFiles(folder);
  if (files.length === 0) {
    throw badTable(
      `${folder} holds no text file of labels.`,
      'One file an image, named as the image, ends in .txt.',
    );
  }
  const used = new Set<string>();
  const read = new Map<LabelFile, Line[]>();
  for (const file of files) {
    const lines = await readLines(folder, file, names, incoming);
    for (const { place } of lines) used.add(names[place]!);
    read.set(file, lines);
    await nextTurn();
  }
  incoming.openClasses(used);
  const outlinesOf = new Map(
    [...read].flatMap(([file, lines]) => (file.role === 'segments' ? [[file.image, lines] as const] : [])),
  );
  let cut = 0;
  for (const [file, lines] of read) {
    const outlines = (file.role === 'labels' && outlinesOf.get(file.image)) || [];
    cut += await takeInFile({ file, lines, outlines, names }, references, find, incoming);
  }
  if (cut > 0)
    incoming.warn(`${counted(cut, 'shape')} reached beyond the picture and were cut at its border.`);
}

async function takeInFile(
  { file, lines, outlines, names }: { file: LabelFile; lines: Line[]; outlines: Line[]; names: string[] },
  references: ReadonlyMap<string, ImageReference>,
  find: (reference: ImageReference) => FoundImage,
  incoming: Incoming,
): Promise<number> {
  const result = find(references.get(file.image) ?? { file: file.image });
  if (!result.found) {
    incoming.refuse(file.name, result.code, result.message);
    return 0;
  }
  const picture = result.found;
  const around = new Set(outlines.map((line) => boxKey(line.place, shapeOf(line, picture))));
  let cut = 0;
  for (const line of lines) {
    const shape = shapeOf(line, picture);
    if (around.has(boxKey(line.place, shape))) continue;
    const where = `${file.name}, line ${line.line}`;
    const held = heldInside(shape, picture);
    if (!held) {
      incoming.refuse(where, 'badTable', `The ${shape.kind} lies outside of the picture.`);
      continue;
    }
    if (held !== shape) cut += 1;
    await incoming.shape(picture, { className: names[line.place]!, shape: held }, where);
  }
  return cut;
}

/** Tells boxes apart to a hundredth of a pixel. */
function boxKey(place: number, shape: Shape): string {
  const { x, y, width, height } = shapeBox(shape);
  return [place, ...[x, y, x + width, y + height].map((value) => Math.round(value * 100))].join(' ');
}

/** To a thousandth of a pixel: shares are written with few digits. */
function shapeOf({ shares }: Line, { width, height }: { width: number; height: number }): Shape {
  const pixels = (share: number, whole: number): number => Math.round(share * whole * 1000) / 1000;
  if (shares.length > 5) {
    const points = Array.from({ length: shares.length / 2 }, (_, index): [number, number] => [
      pixels(shares[2 * index]!, width),
      pixels(shares[2 * index + 1]!, height),
    ]);
    return { kind: 'polygon', points };
  }
  const [x, y, across, down] = shares as [number, number, number, number];
  return {
    kind: 'box',
    x: pixels(x - across / 2, width),
    y: pixels(y - down / 2, height),
    width: pixels(across, width),
    height: pixels(down, height),
  };
}

async function readLines(
  folder: string,
  { name }: LabelFile,
  names: readonly string[],
  incoming: Incoming,
): Promise<Line[]> {
  const lines: Line[] = [];
  const text = await readFile(path.join(folder, name), 'utf8');
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    if (raw.trim() === '') continue;
    const [place, ...shares] = raw.trim().split(/\s+/).map(Number);
    const where = `${name}, line ${index + 1}`;
    // Class and box, perhaps with a confidence behind it; or class and an outline of three points at least.
    const isBox = shares.length === 4 || shares.length === 5;
    const isOutline = shares.length >= 6 && shares.length % 2 === 0;
    if (
      !Number.isInteger(place) ||
      shares.some((share) => !Number.isFinite(share)) ||
      !(isBox || isOutline)
    ) {
      incoming.refuse(where, 'badTable', 'It is neither "class x y width height" nor "class x1 y1 x2 y2 …".');
    } else if (names[place!] === undefined) {
      incoming.refuse(
        where,
        'labelClassUnknown',
        `There is no class ${place} among ${counted(names.length, 'class')}.`,
      );
    } else lines.push({ place: place!, shares, line: index + 1 });
  }
  return lines;
}

async function labelFiles(folder: string): Promise<LabelFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.txt') && !dataNames.includes(entry.name))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort()
    .map((name) => {
      const [first, ...rest] = name.split('/');
      const role = rest.length > 0 && roles.includes(first!) ? first! : '';
      const image = (role === '' ? name : rest.join('/')).replace(/\.txt$/, '');
      return { name, image, role };
    });
}

/**
 * Which image a file of labels belongs to, where Readroom wrote the folder; by the file's name without its extension.
 * @param columns of the file's name, of the image's id, of its path and of its frame
 */
export async function readImageIndex(
  folder: string,
  name: string,
  columns: readonly string[],
): Promise<Map<string, ImageReference>> {
  const references = new Map<string, ImageReference>();
  let places: number[] | null = null;
  try {
    for await (const { cells } of tableLines(path.join(folder, name))) {
      if (!places) {
        places = columns.map((column) => findColumn(cells, [column]));
        continue;
      }
      const [labels, image, file, frame] = places.map((place) => cells[place] ?? '');
      references.set(labels!.replace(/\.[^./]*$/, ''), {
        file: file!,
        image: image || null,
        frame: frame ? Number(frame) : null,
      });
    }
  } catch (error) {
    if (!(error instanceof ReadroomError && error.code === 'fileNotFound')) throw error;
  }
  return references;
}

const namesSchema = z.object({
  names: z.union([z.array(z.coerce.string()), z.record(z.string(), z.coerce.string())]),
});

/** Names by number. @throws ReadroomError `badTable`, `fileNotFound` */
async function classNames(folder: string): Promise<string[]> {
  let present: string[];
  try {
    present = await readdir(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOTDIR') throw badTable(`${folder} is a file.`, 'Give the folder with data.yaml.');
    throw new ReadroomError('fileNotFound', `There is no folder "${folder}".`, 'Check the path.');
  }
  const name = dataNames.find((one) => present.includes(one));
  if (name === undefined) {
    throw badTable(
      `${folder} has no data.yaml.`,
      'It names the classes; classes.txt, one name a line, will do.',
    );
  }
  const text = await readFile(path.join(folder, name), 'utf8');
  if (!name.endsWith('ml')) return text.split(/\r\n|\r|\n/).map((line) => line.trim());
  try {
    const { names } = namesSchema.parse(parseYaml(text));
    if (Array.isArray(names)) return names;
    const list: string[] = [];
    for (const [place, one] of Object.entries(names)) if (/^\d{1,4}$/.test(place)) list[Number(place)] = one;
    return list;
  } catch (error) {
    if (!(error instanceof YAMLParseError || error instanceof z.ZodError)) throw error;
    const what = error instanceof YAMLParseError ? error.message : 'it has no list "names"';
    throw badTable(
      `${name} of ${folder} cannot be read: ${what}.`,
      'names is a list, or numbers with names.',
    );
  }
}
