import path from 'node:path';

import type { EvaluationLevel } from '../../contract/evaluation.ts';
import type { GroupRule } from '../../contract/run.ts';
import { patientPattern } from '../../core/import-layout.ts';
import { counted, listed } from '../../core/words.ts';
import { patientColumns } from '../clinical/read-file.ts';
import { badTable, findColumn, tableLines } from '../dataset/label-table.ts';
import type { ProjectSession } from '../project/session.ts';
import { fileKeys, patientOf, pictureColumns, quoted, type TablePicture } from './table-rows.ts';

type GroupLevel = Exclude<EvaluationLevel, 'image'>;

/** Pictures of one study or patient. */
export interface PictureGroup {
  readonly name: string;
  /** Places among the pictures, ascending. */
  readonly rows: readonly number[];
}

/** Pictures by study or patient, groups in the order in which they come first. */
export interface PictureGroups {
  readonly groups: readonly PictureGroup[];
  /** How groups were found where that is not certain, and what is in none; a sentence each. */
  readonly warnings: readonly string[];
}

/** A group as it was found; two kinds never share a key. */
interface Found {
  readonly kind: 'named' | 'folder';
  /** Of a folder its whole path. */
  readonly key: string;
}

/**
 * Which pictures are of one study or patient.
 *
 * @param session of the project whose images some pictures may be
 * @throws ReadroomError `badPattern`, `badTable`, `fileNotFound`
 */
export async function groupPictures(
  pictures: readonly TablePicture[],
  level: GroupLevel,
  rule: GroupRule,
  session: ProjectSession | null,
): Promise<PictureGroups> {
  const { of, missed } = await finder(level, rule, session);
  const byKey = new Map<string, Found & { rows: number[] }>();
  const without: string[] = [];
  let byFolder = 0;
  for (const [row, picture] of pictures.entries()) {
    const found = of(picture);
    if (found === null) {
      without.push(path.basename(picture.file));
      continue;
    }
    byFolder += Number(found.kind === 'folder');
    const key = `${found.kind} ${found.key}`;
    const group = byKey.get(key);
    if (group) group.rows.push(row);
    else byKey.set(key, { ...found, rows: [row] });
  }
  const found = [...byKey.values()];
  return {
    groups: namesOf(found).map((name, at) => ({ name, rows: found[at]!.rows })),
    warnings: [
      ...(rule.from === 'auto' && byFolder > 0 ? [folderWarning(byFolder, pictures.length, level)] : []),
      ...(without.length === 0 ? [] : [`${leftOut(without, level)} ${missed}`]),
    ],
  };
}

interface Finder {
  of(picture: TablePicture): Found | null;
  /** Why a picture is in no group. */
  missed: string;
}

async function finder(level: GroupLevel, rule: GroupRule, session: ProjectSession | null): Promise<Finder> {
  switch (rule.from) {
    case 'auto':
      return { of: (picture) => knownGroup(picture, level, session) ?? folderOf(picture), missed: '' };
    case 'folder':
      return { of: folderOf, missed: '' };
    case 'together':
      return { of: () => ({ kind: 'named', key: `one ${level}` }), missed: '' };
    case 'regex': {
      const read = patientPattern(rule.pattern);
      // Its name first, then its whole path, as an import does it.
      const of = ({ picture }: TablePicture): Found | null =>
        named(read(path.basename(picture.path)) ?? read(picture.path.replaceAll('\\', '/')));
      return { of, missed: `${rule.pattern} matches neither name nor path.` };
    }
    case 'table': {
      const groups = await readGroups(rule.file, level);
      const of = (picture: TablePicture): Found | null =>
        named(fileKeys(picture).flatMap((key) => groups.get(key) ?? [])[0] ?? null);
      return { of, missed: `${path.basename(rule.file)} says no ${level} of them.` };
    }
  }
}

const named = (key: string | null): Found | null => (key === null ? null : { kind: 'named', key });
const folderOf = ({ picture }: TablePicture): Found => ({ kind: 'folder', key: path.dirname(picture.path) });

/** As the project has it of its images, else as the file's header has it. */
function knownGroup(picture: TablePicture, level: GroupLevel, session: ProjectSession | null): Found | null {
  return named(level === 'patient' ? patientOf(picture, session) : studyOf(picture, session));
}

function studyOf({ picture }: TablePicture, session: ProjectSession | null): string | null {
  const image = session?.dataset.imageAt(picture.path, picture.frame) ?? null;
  return (image === null ? null : session!.dataset.studyOfImage(image)) ?? picture.study;
}

/** Names without their folders, where these tell them apart. */
function namesOf(found: readonly Found[]): string[] {
  const short = found.map(({ kind, key }) => (kind === 'folder' ? path.basename(key) || key : key));
  const times = Map.groupBy(short, (name) => name);
  return found.map(({ kind, key }, at) =>
    kind === 'folder' && times.get(short[at]!)!.length > 1 ? key : short[at]!,
  );
}

/** What the column of groups may be called. */
const groupColumns: Readonly<Record<GroupLevel, readonly string[]>> = {
  patient: [...patientColumns, 'group'],
  study: ['study', 'study_id', 'studyid', 'study id', 'study_uid', 'studyinstanceuid', 'group'],
};

/** Groups by the names of files. */
async function readGroups(file: string, level: GroupLevel): Promise<ReadonlyMap<string, string>> {
  const name = path.basename(file);
  const groups = new Map<string, string>();
  let columns: { file: number; group: number } | null = null;
  for await (const { cells, line } of tableLines(file)) {
    if (columns === null) {
      columns = columnsOf(name, cells, level);
      continue;
    }
    const key = (cells[columns.file] ?? '').replaceAll('\\', '/');
    const group = cells[columns.group] ?? '';
    if (key === '' || group === '') continue;
    if ((groups.get(key) ?? group) !== group) {
      throw badTable(
        `${name} says of ${key} that it is of ${groups.get(key)!} and, in line ${line}, of ${group}.`,
        'Leave one.',
      );
    }
    groups.set(key, group);
  }
  return groups;
}

function columnsOf(name: string, header: readonly string[], level: GroupLevel) {
  const columns = {
    file: findColumn(header, pictureColumns),
    group: findColumn(header, groupColumns[level]),
  };
  for (const [what, place, wanted] of [
    ['file names', columns.file, 'file'],
    [level === 'patient' ? 'patients' : 'studies', columns.group, level],
  ] as const) {
    if (place >= 0) continue;
    throw badTable(
      `${name} has no column of ${what}; its columns are ${quoted(header)}.`,
      `Call the column of ${what} "${wanted}".`,
    );
  }
  return columns;
}

function folderWarning(byFolder: number, all: number, level: GroupLevel): string {
  const known =
    byFolder === all
      ? `No image says which ${level} it is of`
      : byFolder === 1
        ? `1 image does not say which ${level} it is of`
        : `${counted(byFolder, 'image')} do not say which ${level} they are of`;
  return `${known}: images of one folder were taken as one ${level}.`;
}

function leftOut(names: readonly string[], level: GroupLevel): string {
  const are = names.length === 1 ? 'is' : 'are';
  return `${counted(names.length, 'image')} ${are} of no known ${level}, and in no group: ${listed(names)}.`;
}
