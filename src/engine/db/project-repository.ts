import { hostname } from 'node:os';

import { v7 as uuid } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';
import type { LabelClass, Task } from '../../contract/project.ts';
import type { ProjectDatabase } from './open.ts';

export interface ProjectRow {
  id: string;
  name: string;
  template: string;
  task: Task;
  createdAt: string;
}

export interface ProjectCounts {
  images: number;
  patients: number;
  labelled: number;
}

export type ReaderKind = 'person' | 'import' | 'model';

/** The project row, its replicas, classes and readers. */
export function createProjectRepository({ handle }: ProjectDatabase) {
  const selectProject = handle.prepare<[], ProjectRow>(
    'SELECT id, name, template, task, created_at AS createdAt FROM project',
  );
  const selectClasses = handle.prepare<[], LabelClass>(
    'SELECT id, name, position FROM class WHERE retired_at IS NULL ORDER BY position',
  );
  const insertClass = handle.prepare('INSERT INTO class (id, name, position) VALUES (?, ?, ?)');
  const raiseSchemaVersion = handle.prepare(
    'UPDATE project SET class_schema_version = class_schema_version + 1',
  );
  const selectReader = handle.prepare<[string], { id: string; name: string }>(
    'SELECT id, name FROM reader WHERE name = ?',
  );
  const insertReader = handle.prepare('INSERT INTO reader (id, name, kind, created_at) VALUES (?, ?, ?, ?)');

  return {
    create(project: ProjectRow): void {
      handle
        .prepare(
          `INSERT INTO project (singleton, id, name, template, task, label_rule, class_schema_version, created_at)
           VALUES (1, @id, @name, @template, @task, 'single-reader/1', 1, @createdAt)`,
        )
        .run(project);
    },

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

    classes: (): LabelClass[] => selectClasses.all(),

    /** Version of the class list, part of every dataset version. */
    classSchemaVersion: (): number =>
      handle.prepare('SELECT class_schema_version FROM project').pluck().get() as number,

    /** Adds classes behind those that exist. */
    addClasses(names: readonly string[]): LabelClass[] {
      const add = handle.transaction(() => {
        let position = selectClasses.all().length;
        for (const name of names) insertClass.run(uuid(), name, position++);
        raiseSchemaVersion.run();
      });
      add.immediate();
      return selectClasses.all();
    },

    /** The class with this name in any case. @throws ReadroomError `unknownClass` */
    classNamed(name: string): LabelClass {
      const classes = selectClasses.all();
      const wanted = name.trim().toLowerCase();
      const found = classes.find((entry) => entry.name.toLowerCase() === wanted);
      if (found) return found;
      const known = classes.map((entry) => entry.name).join(', ') || 'none yet';
      throw new ReadroomError(
        'unknownClass',
        `There is no class "${name}".`,
        `The project's classes: ${known}.`,
      );
    },

    /** The reader with this name, made when new. */
    readerNamed(name: string, kind: ReaderKind): { id: string; name: string } {
      const found = selectReader.get(name);
      if (found) return found;
      const reader = { id: uuid(), name };
      insertReader.run(reader.id, name, kind, new Date().toISOString());
      return reader;
    },

    counts(): ProjectCounts {
      const count = (sql: string): number => handle.prepare(sql).pluck().get() as number;
      return {
        images: count('SELECT count(*) FROM image'),
        patients: count('SELECT count(DISTINCT patient_id) FROM image'),
        labelled: count('SELECT count(*) FROM record'),
      };
    },
  };
}
export type ProjectRepository = ReturnType<typeof createProjectRepository>;
