import {
  type ClinicalColumn,
  type ClinicalValue,
  type ColumnChoice,
  type ColumnKind,
  mostCategories,
} from '../contract/table.ts';
import { compareNatural } from './natural-order.ts';
import { count, counted, listed } from './words.ts';

/** A column of a table as text: a cell for each line that counts. */
export interface ColumnText {
  readonly header: string;
  /** Null: missing. */
  readonly cells: readonly (string | null)[];
}

/** What a column is read as. */
export interface TypedColumn {
  readonly header: string;
  /** Null: it is left out. */
  readonly column: ClinicalColumn | null;
  /** Why it is left out; empty where it is not. */
  readonly leftOut: string;
  /** Beside the cells: what is no value of the column is missing here, and stands in `refused`. Empty when left out. */
  readonly values: readonly ClinicalValue[];
  /** Places of cells that are no value of the column. */
  readonly refused: readonly number[];
  readonly warnings: readonly string[];
}

const yesWords = ['yes', 'y', 'true', '1', 'ja', 'j'];
const noWords = ['no', 'n', 'false', '0', 'nein'];
/** Share of cells that are numbers from which a column is taken for one of numbers: the rest are mistakes. */
const mostlyNumbers = 0.75;
/** A text column of more different texts is taken for names or remarks. */
const fewTexts = 20;

const numberText = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i;
const dateText =
  /^(\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](\d{4}|\d{2}))([ T]\d{1,2}:\d{2}.*)?$/;
const thousandsText = /^[+-]?[1-9]\d{0,2},\d{3}$/;

/** A number with point or comma as its decimal mark; null for what is none. */
export function numberOfText(text: string): number | null {
  const plain = text.replace('\u2212', '-');
  if (!numberText.test(plain)) return null;
  const value = Number(plain.replace(',', '.'));
  return Number.isFinite(value) ? value : null;
}

/** Yes or no in English or German; null for anything else. */
export function yesNoOfText(text: string): boolean | null {
  const word = text.toLowerCase();
  if (yesWords.includes(word)) return true;
  return noWords.includes(word) ? false : null;
}

/** `crp (mg/l)` and `crp [mg/l]`: a name and its unit; the whole as the name, without a unit, where there is none. */
export function headerParts(header: string): { name: string; unit: string } {
  const [, name, unit] = /^(.*\S)\s*[([]([^()[\]]{1,30})[)\]]$/.exec(header) ?? [];
  return name === undefined || unit === undefined ? { name: header, unit: '' } : { name, unit: unit.trim() };
}

const dates = 'It holds dates. Give what they mean as a number, such as the age in years.';
const different = (texts: readonly string[]): string[] => [...new Set(texts)].sort(compareNatural);

/** What the cells of a column seem to be; a sentence for what neither numbers nor few texts are. */
function guess(texts: readonly string[]): { kind: ColumnKind } | { leftOut: string } {
  if (texts.length === 0) return { leftOut: 'It has no value for any patient of the project.' };
  if (texts.every((text) => yesNoOfText(text) !== null)) return { kind: 'yesNo' };
  const numbers = texts.filter((text) => numberOfText(text) !== null).length;
  if (numbers >= mostlyNumbers * texts.length) return { kind: 'number' };
  if (texts.every((text) => dateText.test(text))) return { leftOut: dates };
  const found = new Set(texts).size;
  if (found <= fewTexts && found * 2 <= texts.length) return { kind: 'category' };
  return {
    leftOut: `It holds ${counted(found, 'different text')} in ${counted(texts.length, 'cell')}: neither numbers nor a few categories.`,
  };
}

const leftOutColumn = ({ header }: ColumnText, leftOut: string): TypedColumn => ({
  ...{ header, leftOut, column: null },
  ...{ values: [], refused: [], warnings: [] },
});

/** Reads a column as what was chosen for it, else as what its cells seem to be. */
export function typedColumn(text: ColumnText, choice: ColumnChoice = {}): TypedColumn {
  if (choice.kind === 'leaveOut') return leftOutColumn(text, 'You left it out.');
  const present = text.cells.filter((cell) => cell !== null);
  const guessed = choice.kind === undefined || present.length === 0 ? guess(present) : { kind: choice.kind };
  if ('leftOut' in guessed) return leftOutColumn(text, guessed.leftOut);
  return readAs(text, guessed.kind, choice.unit);
}

function readAs(text: ColumnText, kind: ColumnKind, unit: string | undefined): TypedColumn {
  const { header, cells } = text;
  const parse: (cell: string) => ClinicalValue =
    kind === 'number' ? numberOfText : kind === 'yesNo' ? yesNoOfText : (cell) => cell;
  const values = cells.map((cell) => (cell === null ? null : parse(cell)));
  const refused = cells.flatMap((cell, at) => (cell !== null && values[at] === null ? [at] : []));
  const found = values.filter((value) => value !== null);
  if (found.length === 0) return leftOutColumn(text, `No cell of it is ${kindNouns[kind]}.`);
  const warnings = kind === 'number' ? numberWarnings(header, cells, found) : constantWarning(header, found);
  const rest = { header, leftOut: '', values, refused };
  if (kind === 'yesNo') return { ...rest, column: { kind, name: header }, warnings };
  if (kind === 'number') {
    const parts = headerParts(header);
    return { ...rest, column: { kind, name: parts.name, unit: unit ?? parts.unit }, warnings };
  }
  const categories = different(found as string[]);
  if (categories.length > mostCategories) {
    return leftOutColumn(
      text,
      `It holds ${counted(categories.length, 'different text')}: a column of categories has ${mostCategories} at most.`,
    );
  }
  const column = { kind, name: header, categories };
  return { ...rest, column, warnings: [...warnings, ...caseWarning(header, categories)] };
}

/** What a cell of a kind is called. */
export const kindNouns: Readonly<Record<ColumnKind, string>> = {
  number: 'a number',
  yesNo: 'yes or no',
  category: 'a category',
};

function numberWarnings(
  header: string,
  cells: readonly (string | null)[],
  found: readonly ClinicalValue[],
): string[] {
  const thousands = cells.find((cell) => cell !== null && thousandsText.test(cell));
  if (thousands == null) return constantWarning(header, found);
  const read = String(numberOfText(thousands));
  return [
    `${header}: a comma is taken for the decimal mark, so "${thousands}" is read as ${read}. Take commas out where they stand for thousands.`,
    ...constantWarning(header, found),
  ];
}

function constantWarning(header: string, found: readonly ClinicalValue[]): string[] {
  const [first] = found;
  if (found.some((value) => value !== first)) return [];
  const said = typeof first === 'boolean' ? (first ? 'yes' : 'no') : String(first);
  return [`${header}: every value is "${said}", so it tells no patient from another.`];
}

function caseWarning(header: string, categories: readonly string[]): string[] {
  const alike = [...Map.groupBy(categories, (name) => name.toLowerCase()).values()].find(
    (group) => group.length > 1,
  );
  if (alike === undefined) return [];
  const names = listed(alike.map((name) => `"${name}"`));
  return [`${header}: ${names} differ by case only, and count as ${count(alike.length)} categories.`];
}

/** Two columns of one name keep their whole headers. */
export function withDistinctNames(columns: readonly TypedColumn[]): TypedColumn[] {
  const uses = new Map<string, number>();
  for (const { column } of columns)
    if (column !== null) uses.set(column.name, (uses.get(column.name) ?? 0) + 1);
  return columns.map((entry) =>
    entry.column !== null && uses.get(entry.column.name)! > 1
      ? { ...entry, column: { ...entry.column, name: entry.header } }
      : entry,
  );
}
