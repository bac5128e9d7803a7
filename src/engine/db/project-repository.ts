import { hostname } from 'node:os';

import { v7 as uuid } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';
import type { Role } from '../../contract/profile.ts';
import type { LabelSchema, Task } from '../../contract/project.ts';
import { adjudicationMark, openReading } from '../../contract/round-id.ts';
import { createClassRepository } from './class-repository.ts';
import type { Reader as KnownReader } from '../../contract/label.ts';
import type { ProjectDatabase } from './open.ts';
import { idOfName } from './stable-ids.ts';

export interface ProjectRow {
  id: string;
  name: string;
  template: string;
  task: Task;
  createdAt: string;
}

/** What labels are where nobody says otherwise: one class an image. */
export const usualLabels: LabelSchema = { kind: 'single', level: 'image', number: null, shapes: [] };

const newestLabelRule = 'single-reader/1';

export interface ProjectCounts {
  images: number;
  patients: number;
  labelled: number;
}

export type ReaderKind = 'person' | 'import' | 'model';

export interface Reader {
  id: string;
  name: string;
}

/** The project row, its replicas, classes and readers. */
export function createProjectRepository(database: ProjectDatabase) {
  const { handle } = database;
  const selectProject = handle.prepare<[], ProjectRow>(
    'SELECT id, name, template, task, created_at AS createdAt FROM project',
  );
  const classes = createClassRepository(database);
  const selectReader = handle.prepare<[string], { id: string; name: string; kind: ReaderKind }>(
    'SELECT id, name, kind FROM reader WHERE name = ?',
  );
  const selectReaders = handle.prepare<[], KnownReader>(
    'SELECT id AS reader, name, kind, role FROM reader ORDER BY rowid',
  );
  const selectRole = handle
    .prepare<[string], Role>("SELECT role FROM reader WHERE name = ? AND kind = 'person'")
    .pluck();
  const updateRole = handle.prepare("UPDATE reader SET role = ? WHERE name = ? AND kind = 'person'");
  const lastLabelAt = handle
    .prepare<[string], string>(
      `SELECT event.at FROM (
         SELECT '${openReading}' AS id
         UNION ALL SELECT id FROM reading_round WHERE status <> 'open'
         UNION ALL SELECT id || '${adjudicationMark}' FROM reading_round WHERE status <> 'open'
       ) AS seen CROSS JOIN event ON event.position = (
         SELECT position FROM event WHERE reader_id = ? AND round = seen.id
           AND target_kind NOT IN ('class', 'import', 'round', 'setting') ORDER BY position DESC LIMIT 1
       ) ORDER BY event.position DESC LIMIT 1`,
    )
    .pluck();
  const labelSchema = handle.prepare<[], string>('SELECT label_schema FROM project').pluck();
  const insertReader = handle.prepare('INSERT INTO reader (id, name, kind, created_at) VALUES (?, ?, ?, ?)');

  function findReader(name: string, kind: ReaderKind): Reader | null {
    const found = selectReader.get(name);
    if (!found) return null;
    if (found.kind === kind) return { id: found.id, name: found.name };
    throw new ReadroomError(
      'unknownReader',
      `"${found.name}" is not a person: it stands for labels that ${found.kind === 'import' ? 'were imported' : 'a model gave'}.`,
      'Label under another name.',
    );
  }

  return {
    ...classes,

    /** Makes the project's row and its classes. One transaction: a database with a row is a finished project. */
    create(project: ProjectRow, classNames: readonly string[] = [], labels = usualLabels): void {
      handle
        .transaction(() => {
          handle
            .prepare(
              `INSERT INTO project (singleton, id, name, template, task, label_rule, label_schema, class_schema_version,
                 created_at)
               VALUES (1, @id, @name, @template, @task, @labelRule, @labels, 1, @createdAt)`,
            )
            .run({ ...project, labelRule: newestLabelRule, labels: JSON.stringify(labels) });
          if (classNames.length > 0) classes.addClasses(classNames);
        })
        .immediate();
    },

    /** The rule, with its version, that makes labels of record in this project. */
    labelRule: (): string => handle.prepare('SELECT label_rule FROM project').pluck().get() as string,

    /** What labels of this project are. */
    labelSchema: (): LabelSchema => JSON.parse(labelSchema.get()!) as LabelSchema,

    /** The project, or undefined in a database that a crash left before its first commit. */
    get: (): ProjectRow | undefined => selectProject.get(),

    /** Id of the replica that this folder on this machine is; made on the first writing open. */
    replica(realPath: string): string {
      const machine = hostname();
      const found = handle
        .prepare<[string, string], { id: string }>('SELECT id FROM replica WHERE machine = ? AND path = ?')
        .get(machine, realPath);
      if (found) return found.id;
      const id = uuid();
      handle
        .prepare('INSERT INTO replica (id, machine, path, created_at) VALUES (?, ?, ?, ?)')
        .run(id, machine, realPath, new Date().toISOString());
      return id;
    },

    /** The reader with this name, if there is one. @throws ReadroomError `unknownReader` when it is of another kind */
    findReader,

    /** The reader with this name, made when new. @throws ReadroomError `unknownReader` when it is of another kind */
    readerNamed(name: string, kind: ReaderKind): Reader {
      const found = findReader(name, kind);
      if (found) return found;
      const reader = { id: idOfName(selectProject.get()!.id, 'reader', name), name };
      insertReader.run(reader.id, name, kind, new Date().toISOString());
      return reader;
    },

    /** What the person of this name may do when signed in; null for who does not read here. */
    roleOf: (name: string): Role | null => selectRole.get(name) ?? null,

    /** @throws ReadroomError `unknownReader` */
    setRole(name: string, role: Role): void {
      if (updateRole.run(role, name).changes > 0) return;
      throw new ReadroomError('unknownReader', `Nobody named "${name}" reads here.`, 'Add the reader first.');
    },

    /** All readers, in the order in which they came. */
    readers: (): KnownReader[] => selectReaders.all(),

    /** When a reader's newest label event was made that everybody may see, ISO 8601. */
    lastLabelAt: (readerId: string): string | null => lastLabelAt.get(readerId) ?? null,

    counts(): ProjectCounts {
      const count = (sql: string): number => handle.prepare(sql).pluck().get() as number;
      return {
        images: count('SELECT (SELECT count(*) FROM image) - (SELECT count(*) FROM image WHERE removed = 1)'),
        patients: count('SELECT count(DISTINCT patient_id) FROM image WHERE removed = 0'),
        labelled: count('SELECT count(*) FROM record'),
      };
    },
  };
}
export type ProjectRepository = ReturnType<typeof createProjectRepository>;
