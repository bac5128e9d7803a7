import { setImmediate as nextTurn } from 'node:timers/promises';

import { naturalKey } from '../../core/natural-order.ts';
import { sortInSteps } from '../../core/steps.ts';
import type { IndexRepository } from '../db/index-repository.ts';
import type { ImageColumns } from './image-index-columns.ts';
import { type PatientKeys, timeOfEvent } from './image-index-load.ts';

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

export interface NameLoading {
  columns: ImageColumns;
  patients: PatientKeys;
  repository: IndexRepository;
  pace: () => Promise<void>;
  /** Ends it early, e.g. because the project was closed. */
  isOver: () => boolean;
}

const portion = 2000;
const betweenPathAndPatient = '\0';

/** Reads all names, and when the images were labelled; null when it was over before its end. */
export async function loadNames(loading: NameLoading): Promise<ImageNames | null> {
  const { columns, patients, repository, pace, isOver } = loading;
  const blocks: NameBlock[] = [];
  const nameKeys: string[] = [];
  const { count } = columns;
  // The first view goes out before any of this.
  await nextTurn();
  for (let ordinal = 0; ordinal < count; ordinal += portion) {
    await pace();
    if (isOver()) return null;
    const rows = repository.names(
      ordinal === 0 ? 0 : columns.rows[ordinal - 1]!,
      Math.min(portion, count - ordinal),
    );
    const lines = rows.map(([, path, event], index) => {
      if (event !== null) columns.labelledAt[ordinal + index] = timeOfEvent(event);
      nameKeys.push(naturalKey(path.slice(path.lastIndexOf('/') + 1)));
      const patient = patients.keys[columns.patients[ordinal + index]!] ?? '';
      return oneLine(`${path}${betweenPathAndPatient}${patient}`);
    });
    blocks.push(toBlock(ordinal, lines));
  }
  const nameRanks = await ranksOf(nameKeys, loading);
  const patientRanks = await ranksOf(
    Array.from(patients.keys, (key: string | undefined) => naturalKey(key ?? '')),
    loading,
  );
  return nameRanks && patientRanks && { blocks, nameRanks, patientRanks };
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

async function ranksOf(
  keys: readonly string[],
  { pace, isOver }: Pick<NameLoading, 'pace' | 'isOver'>,
): Promise<Int32Array | null> {
  const steps = sortInSteps(
    Array.from(keys, (_, index) => index),
    (a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : a - b),
  );
  for (;;) {
    const step = steps.next();
    if (step.done === true) {
      const ranks = new Int32Array(keys.length);
      step.value.forEach((index, rank) => (ranks[index] = rank));
      return ranks;
    }
    await pace();
    if (isOver()) return null;
  }
}
