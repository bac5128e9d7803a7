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
  const selectReader = handle.prepare<[string], { id: string; name: string; kind: ReaderKind }>(
    'SELECT id, name, kind FROM reader WHERE name = ?',
  );
  const insertReader = handle.prepare('INSERT INTO reader (id, name, kind, created_at) VALUES (?, ?, ?, ?)');

  function addClasses(names: readonly string[]): LabelClass[] {
    const add = handle.transaction(() => {
      let position = selectClasses.all().length;
      for (const name of names) insertClass.run(uuid(), name, position++);
      raiseSchemaVersion.run();
    });
    add.immediate();
    return selectClasses.all();
  }

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
    /** Makes the project's row and its classes. One transaction: a database with a row is a finished project. */
    create(project: ProjectRow, classes: readonly string[] = []): void {
      handle
        .transaction(() => {
          handle
            .prepare(
              `INSERT INTO project (singleton, id, name, template, task, label_rule, class_schema_version, created_at)
               VALUES (1, @id, @name, @template, @task, @labelRule, 1, @createdAt)`,
            )
            .run({ ...project, labelRule: newestLabelRule });
          if (classes.length > 0) addClasses(classes);
        })
        .immediate();
    },

    /** The rule, with its version, that makes labels of record in this project. */
    labelRule: (): string => handle.prepare('SELECT label_rule FROM project').pluck().get() as string,

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
    addClasses,

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

    /** The reader with this name, if there is one. @throws ReadroomError `unknownReader` when it is of another kind */
    findReader,

    /** The reader with this name, made when new. @throws ReadroomError `unknownReader` when it is of another kind */
    readerNamed(name: string, kind: ReaderKind): Reader {
      const found = findReader(name, kind);
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
