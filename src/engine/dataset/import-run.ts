import type { ImportInput, RefusedFile } from '../../contract/dataset.ts';
import type { ImageFacts } from '../../contract/decode.ts';
import type { DatasetRepository } from '../db/dataset-repository.ts';
import type { ImportReading, ImportRepository, KnownImage } from '../db/import-repository.ts';
import type { ProjectRepository } from '../db/project-repository.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import type { Candidate } from './candidates.ts';
import type { ImportLedger } from './import-ledger.ts';
import type { ImportPlan } from './import-plan.ts';
import type { ImportPreview } from './import-preview.ts';
import type { Originals } from './originals.ts';

/** The parts of a project that an import works on. */
export interface ImportTarget {
  known: ImportReading;
  /** What writes; null in a dry run, which needs no right to write. */
  imports: ImportRepository | null;
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
} & ({ kind: 'picture'; facts: ImageFacts } | { kind: 'known'; image: KnownImage });

/** One import under way. */
export interface Import extends ImportDependencies {
  originals: Originals;
  ledger: ImportLedger;
  plan: ImportPlan;
  /** Class ids by name, once the first picture is in. */
  classIds: Map<string, string>;
  /** Root ids by real folder; `.` is the project's originals. */
  roots: Map<string, string>;
  refused: RefusedFile[];
  passedOver: Map<string, number>;
  severalPictures: number;
  /** What a table says of files that come in without the label that it gives, by their names. */
  labelNotes: ReadonlyMap<string, string>;
  /** Null unless it is a dry run. */
  preview: ImportPreview | null;
}
