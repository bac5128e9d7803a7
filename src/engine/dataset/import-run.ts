import type { ImportInput, RefusedFile } from '../../contract/import.ts';
import type { DatasetRepository } from '../db/dataset-repository.ts';
import type { ImportedLabel } from '../db/import-files.ts';
import type { ImportAction, ImportReading, ImportRepository, KnownFile } from '../db/import-repository.ts';
import type { Journal } from '../db/journal.ts';
import type { ProjectRepository } from '../db/project-repository.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool, InspectedFile } from '../media/decode-pool.ts';
import type { Candidate } from './candidates.ts';
import type { ImportLedger } from './import-ledger.ts';
import type { ImportPlan } from './import-plan.ts';
import type { ImportPreview } from './import-preview.ts';
import type { Unplaced } from './import-unplaced.ts';
import type { Originals } from './originals.ts';

/** The parts of a project that an import works on. */
export interface ImportTarget {
  known: ImportReading;
  /** What writes; null in a dry run, which needs no right to write. */
  writing: { imports: ImportRepository; journal: Journal } | null;
  dataset: DatasetRepository;
  projects: ProjectRepository;
  projectFolder: string;
  /** Folder in which large pictures leave their thumbnails; absent in a dry run. */
  thumbnails?: string;
}

export interface ImportDependencies extends ImportTarget {
  input: ImportInput;
  pool: DecodePool;
  context: JobContext;
}

/** What became of a candidate. */
export type Looked =
  | { kind: 'refused'; refused: RefusedFile }
  /** No picture, and its name never said so. */
  | { kind: 'passedOver'; extension: string }
  | Found;

/** A picture, by what was decoded or by what the project knows of its bytes. */
export type Found = {
  candidate: Candidate;
  index: number;
  byteSha256: string;
  staged: string | null;
  /** It stays where it lies. */
  referenced: boolean;
} & ({ kind: 'picture'; inspected: InspectedFile } | { kind: 'known'; stored: KnownFile });

/** A sentence of the decoder on some files. */
export interface FileWarning {
  /** How many files it concerns. */
  files: number;
  /** Of the first of them. */
  sentence: string;
  file: string;
  /** It is the same for all. */
  alike: boolean;
}

/** A file whose bytes an earlier one of the same import has, under another label. */
export interface TwoLabels {
  file: string;
  /** As the import gives it to `file`. */
  label: string;
  copyOf: string;
  /** The label that counts. */
  counting: string;
}

/** One import under way. */
export interface Import extends ImportDependencies {
  /** What its events belong to; null in a dry run. */
  action: ImportAction | null;
  originals: Originals;
  ledger: ImportLedger;
  plan: ImportPlan;
  /** Class ids by name, once the first picture is in. */
  classIds: Map<string, string>;
  /** The name of a class, or a number, that counts as an image's label. */
  labelName: (label: ImportedLabel) => string;
  /** Root ids by real folder; `.` is the project's originals. */
  roots: Map<string, string>;
  refused: RefusedFile[];
  passedOver: Map<string, number>;
  /** What the decoder says of files that come in, by the sentence without its numbers. */
  fileWarnings: Map<string, FileWarning>;
  /** What folders and names leave open. */
  unplaced: Unplaced;
  /** Files that are copies of others of this import. */
  copies: string[];
  /** Files whose image keeps the label that it had before. */
  labelConflicts: string[];
  /** Copies of files of this import that were given another label, which counts. */
  twoLabels: TwoLabels[];
  /** Files that stay out of the study which they name, as it is another patient's. */
  studyConflicts: string[];
  /** Files whose label differs from the one that was given to the same series, study or patient first. */
  contradictions: string[];
  /** Files whose patient was taken from their header without anyone asking for it. */
  tagPatients: number;
  /** What a table says of files that come in without the label that it gives, by their names. */
  labelNotes: ReadonlyMap<string, string>;
  /** Null unless it is a dry run. */
  preview: ImportPreview | null;
}
