import type { RefusedFile } from '../../contract/dataset.ts';
import type { TableRow } from './label-table.ts';

/** A file that rows of a table may mean. */
export interface TableTarget {
  /** Below its source, forward slashes. */
  relativePath: string;
  /** The whole path, of which a row may name an end. */
  path: string;
}

export interface TableEntry {
  className: string | null;
  patientKey: string | null;
}

export interface TableMatch {
  /** By position in the targets. */
  entries: Map<number, TableEntry>;
  refused: RefusedFile[];
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const stemOf = (name: string): string => name.replace(/(?<=.)\.[^.]*$/, '');

function addTo(index: Map<string, number[]>, key: string, position: number): void {
  const list = index.get(key);
  if (list) list.push(position);
  else index.set(key, [position]);
}

/** Finds the files that a name can mean: by base name, or without extension; a longer path narrows it down. */
function createFinder(targets: readonly TableTarget[]): (image: string) => number[] {
  const byName = new Map<string, number[]>();
  const byStem = new Map<string, number[]>();
  for (const [position, { relativePath }] of targets.entries()) {
    const name = baseName(relativePath);
    addTo(byName, name, position);
    addTo(byStem, stemOf(name), position);
  }
  return (image) => {
    const wanted = image.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
    const named = byName.get(baseName(wanted));
    const positions = named ?? byStem.get(baseName(wanted)) ?? [];
    const cut = (path: string): string => (named ? path : stemOf(path));
    const exact = positions.filter((position) => cut(targets[position]!.relativePath) === wanted);
    if (exact.length === 1 || !wanted.includes('/')) return exact.length === 1 ? exact : positions;
    return positions.filter((position) => {
      const path = cut(targets[position]!.path.replaceAll('\\', '/'));
      return path === wanted || path.endsWith(wanted.startsWith('/') ? wanted : `/${wanted}`);
    });
  };
}

/** Takes a value into an entry; a value that contradicts the first one takes both away. */
function merge(
  entry: TableEntry,
  lines: Map<keyof TableEntry, number>,
  row: TableRow,
  key: keyof TableEntry,
): string | null {
  const value = row[key];
  const before = lines.get(key);
  if (value === null) return null;
  if (before === undefined) {
    lines.set(key, row.line);
    entry[key] = value;
    return null;
  }
  if (entry[key] === value || entry[key] === null) return null;
  const what = key === 'className' ? 'classes' : 'patients';
  const message = `Lines ${before} and ${row.line} give it different ${what} ("${entry[key]}", "${value}"): it has none.`;
  entry[key] = null;
  return message;
}

/** Brings a table's rows to the files they name. Rows that name none, several, or contradict another are refused. */
export function matchTable(rows: readonly TableRow[], targets: readonly TableTarget[]): TableMatch {
  const find = createFinder(targets);
  const lines = new Map<number, Map<keyof TableEntry, number>>();
  const entries = new Map<number, TableEntry>();
  const refused: RefusedFile[] = [];
  for (const row of rows) {
    const positions = find(row.image);
    const [position] = positions;
    if (position === undefined) {
      refused.push({
        file: row.image,
        code: 'labelFileNotFound',
        message: `Line ${row.line} of the table names it, but no such file is imported.`,
      });
    } else if (positions.length > 1) {
      refused.push({
        file: row.image,
        code: 'ambiguousImage',
        message: `Line ${row.line} of the table names it, and ${positions.length} files are called so. Give more of the path.`,
      });
    } else {
      const entry = entries.get(position) ?? { className: null, patientKey: null };
      const seen = lines.get(position) ?? new Map<keyof TableEntry, number>();
      entries.set(position, entry);
      lines.set(position, seen);
      for (const key of ['className', 'patientKey'] as const) {
        const message = merge(entry, seen, row, key);
        if (message !== null) refused.push({ file: row.image, code: 'badTable', message });
      }
    }
  }
  return { entries, refused };
}
