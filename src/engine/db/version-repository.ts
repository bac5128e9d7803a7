import { setImmediate as nextTurn } from 'node:timers/promises';

import type { DatasetVersionRow, SplitPart, SplitReport } from '../../contract/split.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { MemberLabel } from '../../core/split-strata.ts';
import { createQueues } from '../one-at-a-time.ts';
import { allPages } from '../turns.ts';
import type { ProjectDatabase } from './open.ts';

export interface DatasetMember extends MemberLabel {
  image: string;
  part: SplitPart;
  fold: number | null;
}

type MemberColumns = Omit<DatasetMember, 'classes'> & { classes: string | null };

/** Rows hold classes as JSON. */
export const withParsedClasses = <T extends { classes: string | null }>(
  row: T,
): Omit<T, 'classes'> & { classes: string[] | null } => ({
  ...row,
  classes: row.classes === null ? null : (JSON.parse(row.classes) as string[]),
});

export interface DatasetVersion {
  position: number;
  hash: string;
  splitBy: 'patient' | 'image';
  seed: number;
  folds: number | null;
  report: SplitReport;
  createdAt: string;
}

type VersionColumns = Omit<DatasetVersion, 'report'> & { report: string };

const membersPerTurn = 1000;
const comparedPerTurn = 10_000;

/** How an image stands in two versions; `from` or `to` null: it is not in that one. */
export interface MemberChange {
  image: string;
  from: ChangedMember | null;
  to: ChangedMember | null;
}
type ChangedMember = MemberLabel & Pick<DatasetMember, 'part'>;

interface ChangeColumns {
  image: string;
  fromPart: SplitPart | null;
  fromClass: string | null;
  fromClasses: string | null;
  fromNumber: number | null;
  toPart: SplitPart | null;
  toClass: string | null;
  toClasses: string | null;
  toNumber: number | null;
}

const sideOf = (
  part: SplitPart | null,
  classId: string | null,
  classes: string | null,
  number: number | null,
): ChangedMember | null => (part === null ? null : withParsedClasses({ part, classId, classes, number }));
const fromSide = (row: ChangeColumns): ChangedMember | null =>
  sideOf(row.fromPart, row.fromClass, row.fromClasses, row.fromNumber);
const toSide = (row: ChangeColumns): ChangedMember | null =>
  sideOf(row.toPart, row.toClass, row.toClasses, row.toNumber);

/** The versions of a dataset: which image stood in which part with which label. */
export function createVersionRepository({ handle }: ProjectDatabase) {
  const versionColumns = `position, hash, split_by AS splitBy, seed, folds, report, created_at AS createdAt
     FROM dataset_version`;
  const selectCurrent = handle.prepare<[], VersionColumns>(
    `SELECT ${versionColumns} WHERE hash = (SELECT current_version FROM project)`,
  );
  const selectVersion = handle.prepare<[string], VersionColumns>(
    `SELECT ${versionColumns} WHERE hash = ? AND complete = 1`,
  );
  const selectMembers = handle.prepare<[number, string, number], MemberColumns>(
    `SELECT image_id AS image, part, fold, class_id AS classId, classes, number FROM dataset_member
     WHERE version_position = ? AND image_id > ? ORDER BY image_id LIMIT ?`,
  );
  const listVersions = handle.prepare<[], VersionColumns & { runs: number; current: number }>(
    `SELECT position, hash, split_by AS splitBy, seed, folds, report, created_at AS createdAt,
       (SELECT count(*) FROM run WHERE run.dataset_version = hash) AS runs,
       hash IS (SELECT current_version FROM project) AS current
     FROM dataset_version WHERE complete = 1 ORDER BY position DESC`,
  );
  const insertVersion = handle.prepare(
    `INSERT INTO dataset_version (hash, split_by, seed, folds, report, created_at, complete)
     VALUES (@hash, @splitBy, @seed, @folds, @report, @createdAt, 0)`,
  );
  const insertMember = handle.prepare(
    `INSERT INTO dataset_member (version_position, image_id, part, fold, class_id, classes, number)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const setCurrent = handle.prepare('UPDATE project SET current_version = ?');
  const setComplete = handle.prepare('UPDATE dataset_version SET complete = 1 WHERE position = ?');
  const selectUnfinished = handle
    .prepare<[], number>('SELECT position FROM dataset_version WHERE complete = 0')
    .pluck();
  const deleteMembers = handle.prepare(
    `DELETE FROM dataset_member WHERE version_position = @position AND image_id IN
       (SELECT image_id FROM dataset_member WHERE version_position = @position LIMIT ${membersPerTurn})`,
  );
  const selectBorder = handle
    .prepare<[number, string], string>(
      `SELECT image_id FROM dataset_member WHERE version_position = ? AND image_id > ?
       ORDER BY image_id LIMIT 1 OFFSET ${comparedPerTurn - 1}`,
    )
    .pluck();
  const changeColumns = `a.image_id AS image, a.part AS fromPart, a.class_id AS fromClass,
     a.classes AS fromClasses, a.number AS fromNumber, b.part AS toPart, b.class_id AS toClass, b.classes AS toClasses,
     b.number AS toNumber FROM dataset_member AS a LEFT JOIN dataset_member AS b
     ON b.version_position = @to AND b.image_id = a.image_id
     WHERE a.version_position = @from AND a.image_id > @after AND a.image_id <= @last`;
  type Range = { from: number; to: number; after: string; last: string };
  const selectChanged = handle.prepare<[Range], ChangeColumns>(
    `SELECT ${changeColumns} AND (b.part IS NOT a.part OR b.class_id IS NOT a.class_id
       OR b.classes IS NOT a.classes OR b.number IS NOT a.number) ORDER BY a.image_id`,
  );
  const selectMissing = handle.prepare<[Range], ChangeColumns>(
    `SELECT ${changeColumns} AND b.part IS NULL ORDER BY a.image_id`,
  );
  const countMembers = handle.prepare<{ position: number }, { images: number; removed: number }>(
    `SELECT count(*) AS images, (SELECT count(*) FROM image CROSS JOIN dataset_member AS gone
         ON gone.version_position = @position AND gone.image_id = image.id WHERE image.removed = 1) AS removed
     FROM dataset_member WHERE version_position = @position`,
  );
  const deleteVersion = handle.prepare('DELETE FROM dataset_version WHERE position = ?');
  const oneAtATime = createQueues();

  const toVersion = (row: VersionColumns): DatasetVersion => ({
    ...row,
    report: JSON.parse(row.report) as SplitReport,
  });

  /** Goes through a version's members a range of ids a turn; the lookup is SQLite's, so only differences come out. */
  async function differences(
    select: typeof selectChanged,
    from: DatasetVersion,
    to: DatasetVersion,
  ): Promise<ChangeColumns[]> {
    const found: ChangeColumns[] = [];
    let after = '';
    for (;;) {
      const border = selectBorder.get(from.position, after);
      // Ids are hexadecimal: all of them lie before g.
      const range = { from: from.position, to: to.position, after, last: border ?? 'g' };
      for (const row of select.all(range)) found.push(row);
      if (border === undefined) return found;
      after = border;
      await nextTurn();
    }
  }

  /** What a process that ended while it wrote a version has left. */
  async function dropUnfinished(): Promise<void> {
    for (const position of selectUnfinished.all()) {
      while (deleteMembers.run({ position }).changes > 0) await nextTurn();
      deleteVersion.run(position);
    }
  }

  async function writeVersion(
    version: Omit<DatasetVersion, 'position'>,
    members: readonly DatasetMember[],
  ): Promise<void> {
    await dropUnfinished();
    const position = insertVersion.run({
      ...version,
      report: JSON.stringify(version.report),
    }).lastInsertRowid;
    for (let start = 0; start < members.length; start += membersPerTurn) {
      const chunk = members.slice(start, start + membersPerTurn);
      handle
        .transaction(() => {
          for (const { image, part, fold, classId, classes, number } of chunk) {
            const list = classes && JSON.stringify(classes);
            insertMember.run(position, image, part, fold, classId, list, number);
          }
        })
        .immediate();
      await nextTurn();
    }
    handle
      .transaction(() => {
        setComplete.run(position);
        setCurrent.run(version.hash);
      })
      .immediate();
  }

  return {
    currentVersion(): DatasetVersion | null {
      const row = selectCurrent.get();
      return row ? toVersion(row) : null;
    },

    /** A version that a row of the project names. */
    versionByHash(hash: string): DatasetVersion {
      const row = selectVersion.get(hash);
      if (!row) throw new Error(`There is no dataset version ${hash}`);
      return toVersion(row);
    },

    /** A version that a person names. @throws ReadroomError `unknownVersion` */
    findVersion(hash: string): DatasetVersion {
      const row = selectVersion.get(hash);
      if (row) return toVersion(row);
      throw new ReadroomError(
        'unknownVersion',
        `There is no dataset version "${hash}".`,
        'Choose one from the list of versions.',
      );
    },

    /** Newest first. */
    versions: (): DatasetVersionRow[] =>
      listVersions.all().map(({ hash, createdAt, splitBy, seed, folds, report, runs, current }) => ({
        version: hash,
        createdAt,
        by: splitBy,
        seed,
        folds,
        counts: (JSON.parse(report) as SplitReport).counts,
        runs,
        current: current === 1,
      })),

    /** The images that stand differently in two versions, or in one only. */
    async changes(from: DatasetVersion, to: DatasetVersion): Promise<MemberChange[]> {
      const changed = await differences(selectChanged, from, to);
      const added = await differences(selectMissing, to, from);
      return [
        ...changed.map((row) => ({ image: row.image, from: fromSide(row), to: toSide(row) })),
        // Asked the other way round, so what is "from" there belongs to `to`.
        ...added.map((row) => ({ image: row.image, from: null, to: fromSide(row) })),
      ];
    },

    /** How many images a version has, and how many of them were taken back with their import. */
    countMembers: ({ position }: DatasetVersion): { images: number; removed: number } =>
      countMembers.get({ position })!,

    members: (version: DatasetVersion): DatasetMember[] =>
      selectMembers.all(version.position, '', -1).map(withParsedClasses),

    /** `members`, a page a turn. */
    membersInTurns: (version: DatasetVersion): Promise<DatasetMember[]> =>
      allPages((last) =>
        selectMembers.all(version.position, last?.image ?? '', 5 * membersPerTurn).map(withParsedClasses),
      ),

    /**
     * Stores a version unless it is known, and makes it the current one. The members are written a chunk a turn;
     * a version counts from the moment on in which all of them stand.
     */
    addVersion: (
      version: Omit<DatasetVersion, 'position'>,
      members: readonly DatasetMember[],
    ): Promise<void> =>
      oneAtATime('versions', async () => {
        if (selectVersion.get(version.hash)) setCurrent.run(version.hash);
        else await writeVersion(version, members);
      }),
  };
}
