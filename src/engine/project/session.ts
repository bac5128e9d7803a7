import { existsSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { v5 as uuidOfName, v7 as uuid } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';
import type { LabelKind, LabelSchema, ProjectSummary, Task } from '../../contract/project.ts';
import { inputLimitBytes, settingsSchema } from '../../contract/system.ts';
import { createImageIndex, type ImageIndex } from '../dataset/image-index.ts';
import { createViews, type OpenViews } from '../dataset/views.ts';
import { type AnnotationRepository, createAnnotationRepository } from '../db/annotation-repository.ts';
import { type ClinicalRepository, createClinicalRepository } from '../db/clinical-repository.ts';
import { createDatasetRepository, type DatasetRepository } from '../db/dataset-repository.ts';
import { createDrawingRepository, type DrawingRepository } from '../db/drawing-repository.ts';
import {
  createImportReading,
  createImportRepository,
  type ImportReading,
  type ImportRepository,
} from '../db/import-repository.ts';
import { createImageRepository, type ImageRepository } from '../db/image-repository.ts';
import { createIndexRepository, type IndexStamp } from '../db/index-repository.ts';
import { createInterchangeRepository, type InterchangeRepository } from '../db/interchange-repository.ts';
import { createJobRepository, type JobRepository } from '../db/job-repository.ts';
import { createJournal, type Journal } from '../db/journal.ts';
import { createJournalReading, type JournalReading } from '../db/journal-reading.ts';
import { lockHolder, lockProject } from '../db/lock.ts';
import {
  backUp,
  isUnfinished,
  openForReading,
  openForWriting,
  type ProjectDatabase,
  removeDatabase,
  unfinished,
} from '../db/open.ts';
import { type ConflictRepository, createConflictRepository } from '../db/conflict-repository.ts';
import { createMergeRepository, type MergeRepository } from '../db/merge-repository.ts';
import { createMergeSource, type MergeSource } from '../db/merge-source.ts';
import { createMomentReading, type MomentReading } from '../db/moment-repository.ts';
import { createProjectRepository, type ProjectRepository } from '../db/project-repository.ts';
import { createRecordWords, type RecordWords } from '../db/record-words.ts';
import { createRoundRepository, type RoundRepository } from '../db/round-repository.ts';
import { createRunRepository, type RunRepository } from '../db/run-repository.ts';
import { createTargetRepository, type TargetRepository } from '../db/target-repository.ts';
import { createViewRepository, type ViewRepository } from '../db/view-repository.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { toStoredError } from '../system-errors.ts';
import { checkedLabels } from './checked-labels.ts';
import { createProjectCounts } from './project-counts.ts';
import { findTemplate } from './templates.ts';

/** Version of a project folder's layout, in its readroom.json. */
export const projectFormatVersion = 1;

/** What a session opened for writing has beside. */
export interface SessionWriting {
  journal: Journal;
  imports: ImportRepository;
  merges: MergeRepository;
}

/** One open project: its folder, its database behind repositories, and the right to write or not. */
export interface ProjectSession {
  /**
   * What clients call it by: made of the project's own id and its folder, so that a project and its copy, which
   * share that id, are never taken for each other, and a folder has the same one each time.
   */
  readonly id: string;
  /** Real, absolute path. */
  readonly folder: string;
  /** Id of the template that it was made from. */
  readonly template: string;
  readonly readOnly: boolean;
  /** How much the prepared pictures of the project may take. */
  readonly inputLimitBytes: () => Promise<number>;
  readonly projects: ProjectRepository;
  readonly dataset: DatasetRepository;
  /** Single images as screens show them, by row number. */
  readonly images: ImageRepository;
  /** Row numbers of those images that exist, in the order given. */
  rowsOf(images: readonly string[]): number[];
  readonly index: ImageIndex;
  /** Changes with images, patients, labels and the current split. */
  stamp(): IndexStamp;
  readonly views: OpenViews;
  readonly savedViews: ViewRepository;
  readonly annotations: AnnotationRepository;
  /** What masks are made of. */
  readonly drawings: DrawingRepository;
  readonly clinical: ClinicalRepository;
  readonly interchange: InterchangeRepository;
  readonly journal: JournalReading;
  readonly moments: MomentReading;
  /** What words on images are said of. */
  readonly targets: TargetRepository;
  readonly rounds: RoundRepository;
  /** What labels of record follow from. */
  readonly recordWords: RecordWords;
  /** What another copy of the project takes over from this one. */
  readonly merging: MergeSource;
  readonly conflicts: ConflictRepository;
  readonly runs: RunRepository;
  readonly jobs: JobRepository;
  /** What a dry run of an import needs. */
  readonly known: ImportReading;
  /** What writing needs. @throws ReadroomError `projectReadOnly` in a session opened for reading. */
  writing(): SessionWriting;
  summary(): ProjectSummary;
  /** Keeps a copy of the database for `day` (YYYY-MM-DD), if there is none yet; a failure is a notice. */
  backUp(day: string): Promise<void>;
  close(): void;
}

export interface NewProject {
  path: string;
  name?: string;
  template?: string;
  classes?: string[];
  labels?: Partial<LabelSchema>;
}

export interface OpenOptions {
  /** What this process is, for the one that is refused: "readroom label". */
  program: string;
  /** How long to wait for another writer. */
  lockWaitMs: number;
  /** How much the prepared pictures of a project may take; what is usual when absent. */
  inputLimitBytes?: () => Promise<number>;
}

const taskOfLabels: Readonly<Record<LabelKind, Task>> = {
  single: 'classification',
  multi: 'multiLabel',
  ordinal: 'ordinal',
  number: 'regression',
};

/** What labels can be changed; that a project is about masks is its template's word. */
const taskNow = (made: Task, kind: LabelKind): Task => (made === 'segmentation' ? made : taskOfLabels[kind]);

const databaseName = 'project.sqlite';
const descriptionName = 'readroom.json';
const keptBackups = 5;

/** Makes a project folder and opens it. @throws ReadroomError `projectExists`, `folderNotEmpty`, `unknownTemplate` */
export async function createProject(project: NewProject, options: OpenOptions): Promise<ProjectSession> {
  const template = findTemplate(project.template ?? 'classification');
  const folder = path.resolve(project.path);
  refuseOccupied(folder);
  const classes = project.classes ?? template.classes;
  refuseRepeated(classes);
  const labels = checkedLabels({ ...template.labels, ...project.labels });
  makeFolder(folder);
  const lock = await lockProject(folder, options.program, options.lockWaitMs);
  try {
    // Another one may have made its project here while this one waited.
    refuseOccupied(folder);
  } catch (error) {
    lock.release();
    throw error;
  }
  const databaseFile = path.join(folder, databaseName);
  const descriptionFile = path.join(folder, descriptionName);
  const row = {
    id: uuid(),
    name: project.name ?? path.basename(folder),
    template: template.id,
    task: template.task,
    createdAt: new Date().toISOString(),
  };
  let database: ProjectDatabase | null = null;
  try {
    // What a `new` that was killed left.
    removeDatabase(databaseFile);
    database = openForWriting(databaseFile);
    writeFileSync(
      descriptionFile,
      `${JSON.stringify({ formatVersion: projectFormatVersion, id: row.id, name: row.name }, null, 2)}\n`,
    );
    // The row comes last: where it stands, the project is whole.
    createProjectRepository(database).create(row, classes, labels);
    return createSession(database, realpathSync(folder), lock.release, options);
  } catch (error) {
    closeQuietly(database);
    removeDatabase(databaseFile);
    rmSync(descriptionFile, { force: true });
    lock.release();
    throw error;
  }
}

/** Opens a project for writing, waiting its turn. @throws ReadroomError `projectLocked`, `notAProject`, `projectDamaged`, … */
export async function openProject(folder: string, options: OpenOptions): Promise<ProjectSession> {
  const real = realProjectFolder(folder);
  const lock = await lockProject(real, options.program, options.lockWaitMs);
  let database: ProjectDatabase | null = null;
  try {
    database = openForWriting(path.join(real, databaseName));
    const session = createSession(database, real, lock.release, options);
    session.jobs.interruptUnfinished();
    return session;
  } catch (error) {
    closeQuietly(database);
    lock.release();
    throw error;
  }
}

/** Opens a project for reading, beside whoever writes. */
export function openProjectForReading(folder: string): ProjectSession {
  const real = realProjectFolder(folder);
  const database = openForReading(path.join(real, databaseName));
  try {
    return createSession(database, real, () => undefined);
  } catch (error) {
    closeQuietly(database);
    throw error;
  }
}

const usualInputLimit = (): Promise<number> => Promise.resolve(inputLimitBytes(settingsSchema.parse({})));

function createSession(
  database: ProjectDatabase,
  folder: string,
  release: () => void,
  options: Pick<OpenOptions, 'inputLimitBytes'> = {},
): ProjectSession {
  const projects = createProjectRepository(database);
  const row = projects.get();
  if (!row) throw unfinished(folder);
  const id = uuidOfName(folder, row.id);
  const notices = [...database.notices];
  const dataset = createDatasetRepository(database, folder);
  const isWritten = (): boolean => !database.readOnly || lockHolder(folder) !== null;
  const indexing = createIndexRepository(database);
  const index = createImageIndex(indexing);
  const counts = createProjectCounts(indexing, index, { projects, dataset });
  const write = database.readOnly ? null : openJournal(database, projects, folder);
  return {
    id,
    folder,
    template: row.template,
    readOnly: database.readOnly,
    inputLimitBytes: options.inputLimitBytes ?? usualInputLimit,
    projects,
    dataset,
    images: createImageRepository(database),
    rowsOf: indexing.rowsOf,
    index,
    stamp: indexing.stamp,
    views: createViews(indexing, index),
    savedViews: createViewRepository(database),
    annotations: createAnnotationRepository(database),
    drawings: createDrawingRepository(database),
    clinical: createClinicalRepository(database),
    interchange: createInterchangeRepository(database),
    journal: createJournalReading(database),
    moments: createMomentReading(database),
    targets: createTargetRepository(database),
    rounds: createRoundRepository(database),
    recordWords: createRecordWords(database),
    merging: createMergeSource(database),
    conflicts: createConflictRepository(database),
    runs: createRunRepository(database, isWritten),
    jobs: createJobRepository(database, isWritten),
    known: createImportReading(database),
    writing() {
      if (write) return write;
      throw new ReadroomError(
        'projectReadOnly',
        `${row.name} was opened for reading only.`,
        'Open it for writing.',
      );
    },
    summary: () => ({
      project: id,
      path: folder,
      name: row.name,
      template: row.template,
      task: taskNow(row.task, projects.labelSchema().kind),
      classes: projects.classes(),
      labels: projects.labelSchema(),
      ...counts(),
      readOnly: database.readOnly,
      notices: [...notices],
      createdAt: row.createdAt,
    }),
    async backUp(day) {
      try {
        await backUp(database, path.join(folder, databaseName), day, keptBackups);
      } catch (error) {
        notices.push(`Today's backup of the database could not be made: ${toStoredError(error).message}`);
      }
    },
    close() {
      index.close();
      try {
        database.close();
      } finally {
        release();
      }
    },
  };
}

function openJournal(database: ProjectDatabase, projects: ProjectRepository, folder: string): SessionWriting {
  const journal = createJournal(database, projects.replica(folder));
  const importReader = projects.readerNamed('import', 'import').id;
  return {
    journal,
    imports: createImportRepository(database, journal, importReader),
    merges: createMergeRepository(database),
  };
}

/** @throws ReadroomError `projectNotFound`, `notAProject`: before a lock is written into a folder that is none */
function realProjectFolder(folder: string): string {
  let real: string;
  try {
    real = realpathSync(folder);
  } catch {
    throw new ReadroomError(
      'projectNotFound',
      `There is no project folder ${path.resolve(folder)}.`,
      'Make one with: readroom new PROJECT',
    );
  }
  if (existsSync(path.join(real, databaseName))) return real;
  throw new ReadroomError(
    'notAProject',
    `${real} is not a Readroom project.`,
    'Make one with: readroom new PROJECT',
  );
}

/** After a failure, which is what will be told; on a full disk closing may fail as well. */
function closeQuietly(database: ProjectDatabase | null): void {
  try {
    database?.close();
  } catch {
    // The handle is closed all the same.
  }
}

function refuseOccupied(folder: string): void {
  if (!existsSync(folder)) return;
  const names = readdirSync(folder).filter((name) => !name.startsWith('project.lock'));
  const leftByNew = names.includes(databaseName) && isUnfinished(path.join(folder, databaseName));
  const entries = leftByNew
    ? names.filter((name) => !name.startsWith(databaseName) && name !== descriptionName)
    : names;
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
