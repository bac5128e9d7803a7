import {
  findColumn,
  imageColumns,
  requireColumn,
  requireLabelColumn,
  tableLines,
} from '../dataset/label-table.ts';
import type { LabelKind } from '../../contract/project.ts';
import type { ImageReference, FoundImage } from './find-images.ts';
import type { Incoming, IncomingWord } from './incoming.ts';

/** One line of a table of labels. */
interface LabelLine extends ImageReference {
  line: number;
  of: string;
  word: IncomingWord;
  /** Names of classes in it. */
  names: string[];
  /** Why nothing of it can come in; null: it can. */
  problem: string | null;
}

const columnNames = {
  classes: ['classes'],
  unsure: ['unsure'],
  skipped: ['skipped'],
  bookmarked: ['bookmarked'],
  comment: ['comment'],
  frame: ['frame'],
  id: ['image'],
  of: ['of'],
} as const;

/**
 * Takes in a table of labels: one that `labels export` wrote, or any with a column of files and one of labels. Where
 * lines are said to be `record` or `reader`, the labels of record come in, and readers' words where there are none.
 * Lines that cannot be read are refused one by one.
 * @throws ReadroomError `badTable` naming the columns, or the line of what is no table; `fileNotFound`
 */
export async function takeInCsv(
  file: string,
  kind: LabelKind,
  find: (reference: ImageReference) => FoundImage,
  incoming: Incoming,
): Promise<void> {
  const lines = await readLines(file, kind);
  const hasRecord = lines.some(({ of }) => of === 'record');
  const wanted = hasRecord ? lines.filter(({ of }) => of !== 'reader') : lines;
  if (wanted.length < lines.length) {
    incoming.warn(
      `${lines.length - wanted.length} lines of single readers were passed over: labels of record come in.`,
    );
  }
  incoming.openClasses(wanted.flatMap(({ names }) => names));
  for (const line of wanted) {
    const where = `line ${line.line}: ${line.file}`;
    if (line.problem !== null) incoming.refuse(where, 'badTable', line.problem);
    if (Object.keys(line.word).length === 0) continue;
    const result = find(line);
    if (result.found) await incoming.word(result.found, line.word, where);
    else incoming.refuse(where, result.code, result.message);
  }
}

async function readLines(file: string, kind: LabelKind): Promise<LabelLine[]> {
  const lines: LabelLine[] = [];
  let cellsOf: ((cells: string[]) => (name: keyof typeof columnNames | 'file' | 'label') => string) | null =
    null;
  for await (const { cells, line } of tableLines(file)) {
    if (!cellsOf) {
      cellsOf = readHeader(file, cells, kind);
      continue;
    }
    const cell = cellsOf(cells);
    if (cell('file') === '') continue;
    lines.push(lineOf(line, cell, kind));
  }
  return lines;
}

function readHeader(file: string, header: string[], kind: LabelKind) {
  const places = Object.fromEntries(
    Object.entries(columnNames).map(([name, wanted]) => [name, findColumn(header, wanted)]),
  ) as Record<keyof typeof columnNames, number>;
  const label = kind === 'multi' && places.classes >= 0 ? -1 : requireLabelColumn(file, header, kind);
  const all = { ...places, file: requireColumn(file, header, imageColumns, 'images'), label };
  return (cells: string[]) => (name: keyof typeof all) => cells[all[name]] ?? '';
}

function lineOf(
  line: number,
  cell: (name: keyof typeof columnNames | 'file' | 'label') => string,
  kind: LabelKind,
): LabelLine {
  const where = { line, file: cell('file'), image: cell('id') || null, of: cell('of') };
  const frame = cell('frame');
  try {
    if (frame !== '' && !/^\d{1,9}$/.test(frame))
      throw new RangeError(`The frame "${frame}" is no number: frames count from 0.`);
    const said = wordOf(cell, kind);
    return { ...where, frame: frame === '' ? null : Number(frame), ...said, problem: null };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ...where, frame: null, word: {}, names: [], problem: error.message };
  }
}

/** @throws RangeError for what is no label of this kind */
function wordOf(
  cell: (name: keyof typeof columnNames | 'label') => string,
  kind: LabelKind,
): { word: IncomingWord; names: string[] } {
  const marked = (name: 'unsure' | 'skipped' | 'bookmarked') =>
    /^(yes|true|1|x)$/i.test(cell(name)) ? { [name]: true } : {};
  const marks = { ...marked('unsure'), ...marked('skipped'), ...marked('bookmarked') };
  const comment = cell('comment');
  const rest = { ...marks, ...(comment !== '' && { comment }) };
  const label = cell('label');
  if (kind === 'number') {
    if (label === '') return { word: rest, names: [] };
    const number = Number(label);
    if (!Number.isFinite(number))
      throw new RangeError(`"${label}" is no number, and labels of this project are numbers.`);
    return { word: { number, ...rest }, names: [] };
  }
  if (kind === 'multi') {
    const set = classesOf(cell('classes'), label);
    return { word: { ...(set && { classes: { set } }), ...rest }, names: set ?? [] };
  }
  return { word: { ...(label !== '' && { class: label }), ...rest }, names: label === '' ? [] : [label] };
}

/** A JSON list of names, or names with `|` or `;` between them; null: no label. @throws RangeError for what is none */
function classesOf(classes: string, label: string): string[] | null {
  const text = classes || label;
  if (text === '') return null;
  if (!text.startsWith('[')) {
    const names = text.split(/[|;]/).map((name) => name.trim());
    return names.filter((name) => name !== '');
  }
  try {
    const parsed = JSON.parse(text) as unknown;
    if (Array.isArray(parsed) && parsed.every((name) => typeof name === 'string')) return parsed;
  } catch {
    // Told below.
  }
  throw new RangeError(`${text.slice(0, 80)} is no list of classes: write ["A","B"], or A|B.`);
}
