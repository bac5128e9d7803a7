import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import {
  type DicomLabel,
  dicomLabelLineSchema,
  type DicomLabelsHead,
  dicomLabelsHeadSchema,
} from '../../contract/dicom-labels.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { LabelKind } from '../../contract/project.ts';
import { counted } from '../../core/words.ts';
import { noClass } from './coco-schema.ts';
import { type DicomPool, type FindInstance, isOfOneFile } from './dicom-frames.ts';
import { heldInside, type Incoming, type IncomingWord } from './incoming.ts';

/** A file of labels, and where what was read of it stands as lines of JSON. */
interface ReadFile {
  name: string;
  lines: string;
  head: DicomLabelsHead;
}

/**
 * Takes in DICOM segmentations and structured reports: a file, or all those of a folder. Where one of them holds
 * labels of record, those come in rather than single readers' labels; shapes come in from all.
 * @throws ReadroomError `fileNotFound`, and of a single file what is wrong with it
 */
export async function takeInDicom(
  source: string,
  kind: LabelKind,
  find: FindInstance,
  incoming: Incoming,
  pool: DicomPool,
  signal: AbortSignal,
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'readroom-labels-'));
  try {
    const files = await readFiles(source, folder, incoming, pool, signal);
    incoming.openClasses(files.flatMap(({ head }) => head.classes.filter((name) => name !== noClass)));
    const hasRecord = files.some(({ head }) => head.ofRecord);
    const counts = { cut: 0, passedOver: 0 };
    for (const file of files) {
      for (const warning of file.head.warnings) incoming.warn(`${file.name}: ${warning}`);
      const takesWords = !hasRecord || file.head.ofRecord;
      await takeInLines(file, { kind, find, incoming, takesWords, counts });
    }
    if (counts.cut > 0)
      incoming.warn(`${counted(counts.cut, 'shape')} reached beyond the picture and were cut at its border.`);
    if (counts.passedOver > 0) {
      const what = counted(counts.passedOver, 'label');
      incoming.warn(`${what} of single readers passed over: labels of record come in.`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Has every file read; those that are refused are told, or thrown where there is only one. */
async function readFiles(
  source: string,
  folder: string,
  incoming: Incoming,
  pool: DicomPool,
  signal: AbortSignal,
): Promise<ReadFile[]> {
  const found = await stat(source).catch(() => null);
  if (!found) throw new ReadroomError('fileNotFound', `There is no file "${source}".`, 'Check the path.');
  const isFolder = found.isDirectory();
  const names = isFolder ? await filesBelow(source) : [path.basename(source)];
  const files: ReadFile[] = [];
  for (const [index, name] of names.entries()) {
    const lines = path.join(folder, `${index}.jsonl`);
    try {
      await pool.readDicomLabels(isFolder ? path.join(source, name) : source, lines, signal);
      files.push({ name, lines, head: await headOf(lines) });
    } catch (error) {
      if (!isFolder || !isOfOneFile(error)) throw error;
      incoming.refuse(name, error.code, error.message);
    }
  }
  return files;
}

/** Below a folder, in the order of their names; hidden ones are none. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

async function* linesOf(file: string): AsyncGenerator {
  const stream = createReadStream(file);
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity }))
      yield JSON.parse(line) as unknown;
  } finally {
    stream.destroy();
  }
}

async function headOf(file: string): Promise<DicomLabelsHead> {
  for await (const line of linesOf(file)) return dicomLabelsHeadSchema.parse(line);
  throw new RangeError(`${file} is empty`);
}

interface Taking {
  kind: LabelKind;
  find: FindInstance;
  incoming: Incoming;
  /** False: shapes only. */
  takesWords: boolean;
  counts: { cut: number; passedOver: number };
}

async function takeInLines({ name, lines }: ReadFile, taking: Taking): Promise<void> {
  const { find, incoming, kind, takesWords, counts } = taking;
  let isHead = true;
  for await (const read of linesOf(lines)) {
    if (isHead) {
      isHead = false;
      continue;
    }
    const label = dicomLabelLineSchema.parse(read);
    const where = `${name}, ${label.where}`;
    if (label.type === 'refused') {
      incoming.refuse(where, 'badTable', label.message);
      continue;
    }
    if (label.shape === null && !takesWords) {
      counts.passedOver += 1;
      continue;
    }
    const { found, ...refusal } = { code: '', message: '', ...(await find(label)) };
    if (!found) {
      incoming.refuse(where, refusal.code, refusal.message);
      continue;
    }
    const { size } = label;
    if (size && (size.width !== found.width || size.height !== found.height)) {
      const message = `It is of ${size.width} × ${size.height} pixels; the image has ${found.width} × ${found.height}.`;
      incoming.refuse(where, 'badTable', message);
      continue;
    }
    if (label.shape === null) {
      const word = wordOf(label, kind);
      if (word) await incoming.word(found, word, where);
      continue;
    }
    const shape = heldInside(label.shape, found);
    if (!shape) {
      incoming.refuse(where, 'badTable', `The ${label.shape.kind} lies outside of the picture.`);
      continue;
    }
    if (shape !== label.shape) counts.cut += 1;
    const drawn = {
      ...{ className: label.class === noClass ? null : label.class, shape },
      ...(label.marks.includes('unsure') && { unsure: true as const }),
      ...(label.comment !== null && { comment: label.comment }),
    };
    await incoming.shape(found, drawn, where);
  }
}

/** Null where it says nothing that labels of this kind say. */
function wordOf(label: DicomLabel, kind: LabelKind): IncomingWord | null {
  const { class: name, classes, number, marks, comment } = label;
  const said: IncomingWord =
    kind === 'number'
      ? { ...(number !== null && { number }) }
      : kind === 'multi'
        ? multiWord(name, classes)
        : { ...(name !== null && { class: name }) };
  const word = {
    ...said,
    ...Object.fromEntries(marks.map((mark) => [mark, true])),
    ...(comment !== null && { comment }),
  };
  return Object.keys(word).length > 0 ? word : null;
}

function multiWord(name: string | null, classes: string[] | null): IncomingWord {
  const set = classes ?? (name === null ? null : [name]);
  return set === null ? {} : { classes: { set } };
}
