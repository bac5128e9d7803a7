import type { RefusedFile } from '../../contract/import.ts';
import type { TableRow } from './label-table.ts';

/** A file that rows of a table may mean. */
export interface TableTarget {
  /** Below its source, forward slashes. */
  relativePath: string;
  /** The whole path, of which a row may name an end. */
  path: string;
}

export interface TableEntry {
  label: string | null;
  /** Labels of single pictures of the file, by frame. */
  frames: Map<number, string | null>;
  patientKey: string | null;
}

export interface TableMatch {
  /** By position in the targets. */
  entries: Map<number, TableEntry>;
  refused: RefusedFile[];
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const stemOf = (name: string): string => name.replace(/(?<=.)\.(nii\.gz|[^.]*)$/i, '');

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

/** A value of an entry, with where it was said first. */
interface Cell {
  what: 'labels' | 'patients';
  value: string | null;
  line: number;
}

/** Takes a value in; one that contradicts the first takes both away. */
function merge(cells: Map<string, Cell>, key: string, next: Cell): string | null {
  const before = cells.get(key);
  if (!before) {
    cells.set(key, next);
    return null;
  }
  if (before.value === next.value || before.value === null) return null;
  const message = `Lines ${before.line} and ${next.line} give it different ${next.what} ("${before.value}", "${next.value}"): it has none.`;
  before.value = null;
  return message;
}

/** `film.dcm#3` is the fourth picture of `film.dcm`, unless a file is called so. */
function locate(
  row: TableRow,
  find: (image: string) => number[],
): { positions: number[]; frame: number | null } {
  const positions = find(row.image);
  const [, image, frame] = /^(.+)#(\d{1,9})$/.exec(row.image) ?? [];
  return positions.length > 0 || image === undefined
    ? { positions, frame: row.frame }
    : { positions: find(image), frame: Number(frame) };
}

const labelKey = 'label';
const patientKey = 'patient';

function toEntry(cells: ReadonlyMap<string, Cell>): TableEntry {
  const frames = new Map<number, string | null>();
  for (const [key, { value }] of cells) if (key.startsWith('#')) frames.set(Number(key.slice(1)), value);
  const valueOf = (key: string): string | null => cells.get(key)?.value ?? null;
  return { label: valueOf(labelKey), frames, patientKey: valueOf(patientKey) };
}

/** Brings a table's rows to the files they name. Rows that name none, several, or contradict another are refused. */
export function matchTable(rows: readonly TableRow[], targets: readonly TableTarget[]): TableMatch {
  const find = createFinder(targets);
  const cellsOf = new Map<number, Map<string, Cell>>();
  const refused: RefusedFile[] = [];
  for (const row of rows) {
    const { image: file, line } = row;
    const { positions, frame } = locate(row, find);
    const [position] = positions;
    if (position === undefined) {
      const message = `Line ${line} of the table names it, but no such file is imported.`;
      refused.push({ file, code: 'labelFileNotFound', message });
    } else if (positions.length > 1) {
      const message = `Line ${line} of the table names it, and ${positions.length} files are called so. Give more of the path.`;
      refused.push({ file, code: 'ambiguousImage', message });
    } else {
      const cells = cellsOf.get(position) ?? new Map<string, Cell>();
      cellsOf.set(position, cells);
      const said: [string, Cell][] = [
        [frame === null ? labelKey : `#${frame}`, { what: 'labels', value: row.label, line }],
        [patientKey, { what: 'patients', value: row.patientKey, line }],
      ];
      for (const [key, cell] of said) {
        const message = cell.value === null ? null : merge(cells, key, cell);
        if (message !== null) refused.push({ file, code: 'badTable', message });
      }
    }
  }
  return { entries: new Map([...cellsOf].map(([position, cells]) => [position, toEntry(cells)])), refused };
}
