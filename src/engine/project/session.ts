import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { v7 as uuid } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';
import type { ProjectSummary } from '../../contract/project.ts';
import { createDatasetRepository, type DatasetRepository } from '../db/dataset-repository.ts';
import { createImportRepository, type ImportRepository } from '../db/import-repository.ts';
import { createJobRepository, type JobRepository } from '../db/job-repository.ts';
import { createJournal, type Journal, readHistory, type StoredEvent } from '../db/journal.ts';
import { lockProject } from '../db/lock.ts';
import { backUp, openForReading, openForWriting, type ProjectDatabase } from '../db/open.ts';
import { createProjectRepository, type ProjectRepository } from '../db/project-repository.ts';
import { createRunRepository, type RunRepository } from '../db/run-repository.ts';
import { findTemplate } from './templates.ts';

/** Version of a project folder's layout, in its readroom.json. */
export const projectFormatVersion = 1;

/** One open project: its folder, its database behind repositories, and the right to write or not. */
export interface ProjectSession {
  readonly id: string;
  /** Real, absolute path. */
  readonly folder: string;
  readonly readOnly: boolean;
  readonly projects: ProjectRepository;
  readonly dataset: DatasetRepository;
  readonly runs: RunRepository;
  readonly jobs: JobRepository;
  /** What writing needs. @throws ReadroomError `projectReadOnly` in a session opened for reading. */
  writing(): { journal: Journal; imports: ImportRepository };
  history(image: string): StoredEvent[];
  summary(): ProjectSummary;
  /** Keeps a copy of the database for `day` (YYYY-MM-DD), if there is none yet. */
  backUp(day: string): Promise<void>;
  close(): void;
}

export interface NewProject {
  path: string;
  name?: string;
  template?: string;
  classes?: string[];
}

export interface OpenOptions {
  /** What this process is, for the one that is refused: "readroom label". */
  program: string;
  /** How long to wait for another writer. */
  lockWaitMs: number;
}

const databaseName = 'project.sqlite';
const keptBackups = 5;

/** Makes a project folder and opens it. @throws ReadroomError `projectExists`, `folderNotEmpty`, `unknownTemplate` */
export async function createProject(project: NewProject, options: OpenOptions): Promise<ProjectSession> {
  const template = findTemplate(project.template ?? 'classification');
  const folder = path.resolve(project.path);
  refuseOccupied(folder);
  const classes = project.classes ?? template.classes;
  refuseRepeated(classes);
  mkdirSync(folder, { recursive: true });
  const lock = await lockProject(folder, options.program, options.lockWaitMs);
  const row = {
    id: uuid(),
    name: project.name ?? path.basename(folder),
    template: template.id,
    task: template.task,
    createdAt: new Date().toISOString(),
  };
  try {
    const database = openForWriting(path.join(folder, databaseName));
    const projects = createProjectRepository(database);
    projects.create(row);
    if (classes.length > 0) projects.addClasses(classes);
    writeFileSync(
      path.join(folder, 'readroom.json'),
      `${JSON.stringify({ formatVersion: projectFormatVersion, id: row.id, name: row.name }, null, 2)}\n`,
    );
    return createSession(database, folder, lock.release);
  } catch (error) {
    rmSync(path.join(folder, databaseName), { force: true });
    lock.release();
    throw error;
  }
}

/** Opens a project for writing, waiting its turn. @throws ReadroomError `projectLocked`, `notAProject`, `projectDamaged`, … */
export async function openProject(folder: string, options: OpenOptions): Promise<ProjectSession> {
  const real = realProjectFolder(folder);
  const lock = await lockProject(real, options.program, options.lockWaitMs);
  try {
    const database = openForWriting(path.join(real, databaseName));
    const session = createSession(database, real, lock.release);
    session.jobs.interruptUnfinished();
    return session;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Opens a project for reading, beside whoever writes. */
export function openProjectForReading(folder: string): ProjectSession {
  const real = realProjectFolder(folder);
  return createSession(openForReading(path.join(real, databaseName)), real, () => undefined);
}

function createSession(database: ProjectDatabase, folder: string, release: () => void): ProjectSession {
  const projects = createProjectRepository(database);
  const row = projects.get();
  if (!row) {
    database.close();
    throw new ReadroomError(
      'notAProject',
      `${folder} holds a project that was never finished.`,
      'Make it anew.',
    );
  }
  const write = database.readOnly ? null : openJournal(database, projects, folder);
  return {
    id: row.id,
    folder,
    readOnly: database.readOnly,
    projects,
    dataset: createDatasetRepository(database, folder),
    runs: createRunRepository(database),
    jobs: createJobRepository(database),
    writing() {
      if (write) return write;
      throw new ReadroomError(
        'projectReadOnly',
        `${row.name} was opened for reading only.`,
        'Open it for writing.',
      );
    },
    history: (image) => readHistory(database, image),
    summary: () => ({
      project: row.id,
      path: folder,
      name: row.name,
      template: row.template,
      task: row.task,
      classes: projects.classes(),
      ...projects.counts(),
      readOnly: database.readOnly,
      notices: [...database.notices],
      createdAt: row.createdAt,
    }),
    backUp: (day) => backUp(database, path.join(folder, databaseName), day, keptBackups),
    close() {
      try {
        database.close();
      } finally {
        release();
      }
    },
  };
}

function openJournal(
  database: ProjectDatabase,
  projects: ProjectRepository,
  folder: string,
): { journal: Journal; imports: ImportRepository } {
  const journal = createJournal(database, projects.replica(folder));
  const importReader = projects.readerNamed('import', 'import').id;
  return { journal, imports: createImportRepository(database, journal, importReader) };
}

function realProjectFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    throw new ReadroomError(
      'projectNotFound',
      `There is no project folder ${path.resolve(folder)}.`,
      'Make one with: readroom new PROJECT',
    );
  }
}

function refuseOccupied(folder: string): void {
  if (!existsSync(folder)) return;
  const entries = readdirSync(folder).filter((name) => !name.startsWith('project.lock'));
  if (entries.includes(databaseName)) {
    throw new ReadroomError(
      'projectExists',
      `${folder} already is a project.`,
      'Open it, or choose another folder.',
    );
  }
  if (entries.length > 0) {
    throw new ReadroomError('folderNotEmpty', `${folder} is not empty.`, 'Choose a new or an empty folder.');
  }
}

function refuseRepeated(classes: readonly string[]): void {
  const repeated = classes.find(
    (name, index) => classes.findIndex((other) => other.toLowerCase() === name.toLowerCase()) !== index,
  );
  if (repeated !== undefined) {
    throw new ReadroomError(
      'usage',
      `The class "${repeated}" is named twice.`,
      'Names differ by more than case.',
    );
  }
}
