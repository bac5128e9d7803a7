import { setImmediate as nextTurn } from 'node:timers/promises';

import { naturalKey } from '../../core/natural-order.ts';
import { sortInSteps } from '../../core/steps.ts';
import { paced } from '../turns.ts';
import type { Loading } from './image-index-load.ts';

/** Names of consecutive images as bytes, one line each: searching bytes takes a tenth of the time of searching texts. */
interface NameBlock {
  first: number;
  bytes: Buffer;
  /** Where each image's line begins, and the end. */
  starts: Uint32Array;
}

/** What sorting and searching by text need. */
export interface ImageNames {
  blocks: NameBlock[];
  /** Places of the images in the natural order of their file names. */
  nameRanks: Int32Array;
  /** Places of the patients in the natural order of their keys, by row number. */
  patientRanks: Int32Array;
}

const portion = 2000;
const betweenPathAndPatient = '\0';

/** Reads all names. */
export async function loadNames({ columns, patients, repository, pace }: Loading): Promise<ImageNames> {
  const blocks: NameBlock[] = [];
  const nameKeys: string[] = [];
  const { count } = columns;
  // The first view goes out before any of this.
  await nextTurn();
  for (let ordinal = 0; ordinal < count; ordinal += portion) {
    await pace();
    const rows = repository.names(columns.rows.subarray(ordinal, Math.min(ordinal + portion, count)));
    const lines = rows.map(([, path], index) => {
      nameKeys.push(naturalKey(path.slice(path.lastIndexOf('/') + 1)));
      const patient = patients.keys[columns.patients[ordinal + index]!] ?? '';
      return oneLine(`${path}${betweenPathAndPatient}${patient}`);
    });
    blocks.push(toBlock(ordinal, lines));
  }
  const nameRanks = await ranksOf(nameKeys, pace);
  const patientRanks = await ranksOf(
    Array.from(patients.keys, (key: string | undefined) => naturalKey(key ?? '')),
    pace,
  );
  return { blocks, nameRanks, patientRanks };
}

/** Images whose path or patient's key contains a text, any case. */
export function searchNames({ blocks }: ImageNames, text: string, found: (ordinal: number) => void): void {
  const needle = Buffer.from(oneLine(text));
  for (const { first, bytes, starts } of blocks) {
    let line = 0;
    let at = bytes.indexOf(needle, 0);
    while (at >= 0) {
      while (starts[line + 1]! <= at) line++;
      found(first + line);
      at = bytes.indexOf(needle, starts[line + 1]);
      if (line === starts.length - 2) break;
    }
  }
}

const oneLine = (text: string): string => text.toLowerCase().replaceAll('\n', ' ');

function toBlock(first: number, lines: readonly string[]): NameBlock {
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  const starts = new Uint32Array(lines.length + 1);
  for (let line = 0, at = 0; line < lines.length; line++) {
    at = bytes.indexOf(10, at) + 1;
    starts[line + 1] = at;
  }
  return { first, bytes, starts };
}

async function ranksOf(keys: readonly string[], pace: () => Promise<void>): Promise<Int32Array> {
  const order = await paced(
    sortInSteps(
      Array.from(keys, (_, index) => index),
      (a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : a - b),
    ),
    pace,
  );
  const ranks = new Int32Array(keys.length);
  order.forEach((index, rank) => (ranks[index] = rank));
  return ranks;
}
