import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { ImportInput, ImportReport, RefusedFile } from '../../contract/dataset.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { ImageFacts } from '../../contract/workers.ts';
import type { DatasetRepository } from '../db/dataset-repository.ts';
import type { ImportReading, ImportRepository } from '../db/import-repository.ts';
import type { ProjectRepository } from '../db/project-repository.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import { createQueues } from '../one-at-a-time.ts';
import type { ProjectSession } from '../project/session.ts';
import { translateSystemError } from '../system-errors.ts';
import { collectCandidates, type Candidate } from './candidates.ts';
import { createImportLedger, type ImportLedger } from './import-ledger.ts';
import { planImport, type ImportPlan } from './import-plan.ts';
import { importWarnings } from './import-warnings.ts';
import { createProgress } from './import-progress.ts';
import { mapLimited } from './map-limited.ts';
import { noteMissing } from './missing-files.ts';
import { openOriginals, type Originals } from './originals.ts';
import { extensionOf } from './picture-names.ts';
import { scanSources } from './scan.ts';

/** The parts of a project that an import works on. */
export interface ImportTarget {
  known: ImportReading;
  /** What writes; null in a dry run, which needs no right to write. */
  imports: ImportRepository | null;
  dataset: DatasetRepository;
  projects: ProjectRepository;
  projectFolder: string;
}

export interface ImportDependencies extends ImportTarget {
  input: ImportInput;
  pool: DecodePool;
  context: JobContext;
}

/** What an import needs of a session. @throws ReadroomError `projectReadOnly` unless it is a dry run */
export function importTarget(session: ProjectSession, dryRun: boolean): ImportTarget {
  const { known, dataset, projects, folder } = session;
  return {
    known,
    imports: dryRun ? null : session.writing().imports,
    dataset,
    projects,
    projectFolder: folder,
  };
}

/** One chunk is one transaction: what a kill can lose, and how long the engine is busy at once. */
const chunkSize = 128;
/** Two imports into one project would take each other's staging for litter. */
const oneAtATime = createQueues();
const largestCopyBytes = 1_000_000_000;

/** Codes that end the import instead of refusing one file. */
const fatalCodes = new Set(['cancelled', 'diskFull', 'projectReadOnly']);

type Looked =
  | { kind: 'refused'; refused: RefusedFile }
  /** No picture, and its name never said so. */
  | { kind: 'passedOver'; extension: string }
  | { kind: 'picture'; candidate: Candidate; index: number; facts: ImageFacts; staged: string | null };

type Picture = Extract<Looked, { kind: 'picture' }>;

interface Import extends ImportDependencies {
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
}

/** A file as the decoder will read it: where it lies, or its copy in staging. */
async function reach(candidate: Candidate, run: Import): Promise<{ path: string; staged: string | null }> {
  const { origin } = candidate;
  if (origin.kind === 'entry') {
    const staged = await run.originals.nextStaged();
    await origin.entry.extract(staged, run.context.signal);
    return { path: staged, staged };
  }
  const copied = run.input.copy && !run.input.dryRun && (await stat(origin.path)).size <= largestCopyBytes;
  if (!copied) return { path: origin.path, staged: null };
  const staged = await run.originals.stage(origin.path);
  return { path: staged, staged };
}

async function look(candidate: Candidate, index: number, run: Import): Promise<Looked> {
  let staged: string | null = null;
  try {
    const reached = await reach(candidate, run);
    ({ staged } = reached);
    const facts = await run.pool.inspect(reached.path, run.context.signal);
    return { kind: 'picture', candidate, index, facts, staged };
  } catch (error) {
    if (staged !== null) await rm(staged, { force: true });
    const known = translateSystemError(error);
    if (run.context.signal.aborted)
      throw new ReadroomError('cancelled', 'The import was cancelled.', 'Import again to go on.');
    if (!(known instanceof ReadroomError) || fatalCodes.has(known.code) || known.data['starts'] === false)
      throw known;
    if (!candidate.promised && ['notAnImage', 'emptyFile'].includes(known.code)) {
      return { kind: 'passedOver', extension: extensionOf(candidate.name) };
    }
    return {
      kind: 'refused',
      refused: { file: candidate.shownAs, code: known.code, message: known.message },
    };
  }
}

function rootOf(kind: 'reference' | 'originals', folder: string, run: Import): string {
  const found = run.roots.get(folder);
  if (found !== undefined) return found;
  const id = run.imports ? run.imports.root(kind, folder) : (run.known.existingRoot(kind, folder) ?? '');
  run.roots.set(folder, id);
  return id;
}

/** Ids of the project's classes, made now if this import brings them. A dry run takes names for ids. */
function openClasses({ input, projects, plan, classIds }: Import): void {
  const stored = projects.classes();
  const add = plan.newClasses.length > 0 && !input.dryRun;
  for (const { id, name } of add ? projects.addClasses(plan.newClasses) : stored) classIds.set(name, id);
  if (input.dryRun) for (const name of plan.newClasses) classIds.set(name, name);
}

/** Decides about a decoded file; returns where its staged copy goes when the project keeps it. */
function settle({ candidate, index, facts, staged }: Picture, run: Import): string | null {
  const { className, patientKey, part } = run.plan.files[index]!;
  const plan = { classId: className === null ? null : run.classIds.get(className)!, patientKey, part };
  if (facts.warnings.length > 0) run.severalPictures += 1;
  const { origin } = candidate;
  const place =
    staged === null && origin.kind === 'file'
      ? { rootId: rootOf('reference', origin.rootPath, run), relativePath: origin.relativePath }
      : null;
  const kept = run.originals.placeOf(facts.byteSha256, candidate.name);
  const verdict = run.ledger.settle(facts, plan, place, () => ({
    ...(place ?? { rootId: rootOf('originals', '.', run), relativePath: kept }),
    facts,
    ...plan,
  }));
  if (verdict === 'changed') {
    run.refused.push({
      file: candidate.shownAs,
      code: 'fileChanged',
      message:
        'It holds another picture than when it was imported. Give the new one another name, or put the old one back.',
    });
  }
  return verdict === 'new' && staged !== null && !run.input.dryRun ? kept : null;
}

/** Writes what the chunk holds: files first, then rows; when rows fail, the files go again. */
async function commit(pictures: readonly Picture[], run: Import): Promise<void> {
  if (pictures.length === 0) return;
  if (run.classIds.size === 0) openClasses(run);
  const keeping: { staged: string; kept: string }[] = [];
  const surplus: string[] = [];
  for (const picture of pictures) {
    const kept = settle(picture, run);
    if (kept !== null) keeping.push({ staged: picture.staged!, kept });
    else if (picture.staged !== null) surplus.push(picture.staged);
  }
  await Promise.all(surplus.map((staged) => rm(staged, { force: true })));
  try {
    await mapLimited(keeping, 16, ({ staged, kept }) => run.originals.keep(staged, kept));
    const { newImages, additions } = run.ledger.open();
    const ids = run.imports && newImages.length > 0 ? run.imports.add(newImages) : [];
    if (additions.length > 0) run.imports?.complete(additions);
    run.ledger.closeChunk(ids);
  } catch (error) {
    await run.originals.drop(keeping.map(({ kept }) => kept));
    throw error;
  }
}

async function importCandidates(candidates: readonly Candidate[], run: Import): Promise<void> {
  const progress = createProgress(candidates.length, run.context);
  for (let start = 0; start < candidates.length; start += chunkSize) {
    const chunk = candidates
      .slice(start, start + chunkSize)
      .map((candidate, i) => ({ candidate, index: start + i }));
    // One more than there are children, so that unpacking and copying go on while they decode.
    const looked = await mapLimited(chunk, run.pool.size + 1, async ({ candidate, index }) => {
      const result = await look(candidate, index, run);
      progress();
      return result;
    });
    for (const result of looked) {
      if (result.kind === 'refused') run.refused.push(result.refused);
      if (result.kind === 'passedOver') {
        run.passedOver.set(result.extension, (run.passedOver.get(result.extension) ?? 0) + 1);
      }
    }
    await commit(
      looked.filter((result) => result.kind === 'picture'),
      run,
    );
  }
}

async function report(run: Import): Promise<ImportReport> {
  const { input, ledger, known, projects, plan } = run;
  const { counts } = ledger;
  const stored = projects.counts();
  const ahead = input.dryRun;
  const byClassId = known.countsByClass();
  if (ahead) for (const [id, n] of ledger.newByClass) byClassId.set(id, (byClassId.get(id) ?? 0) + n);
  const newPatients = [...ledger.newPatients].filter((key) => !known.hasPatient(key)).length;
  const classIds =
    run.classIds.size > 0 ? run.classIds : new Map(projects.classes().map(({ id, name }) => [name, id]));
  const byClass = Object.fromEntries([...classIds].map(([name, id]) => [name, byClassId.get(id) ?? 0]));
  const conflictingDuplicates = ahead ? counts.pixelConflicts : await known.countConflictingDuplicates();
  return {
    dryRun: input.dryRun,
    added: counts.added,
    alreadyPresent: counts.alreadyPresent,
    refused: run.refused,
    images: stored.images + (ahead ? counts.added : 0),
    patients: stored.patients + (ahead ? newPatients : 0),
    labelled: stored.labelled + (ahead ? counts.labelled : 0),
    classes: [...classIds.keys()],
    byClass,
    warnings: [
      ...plan.warnings,
      ...importWarnings({
        counts,
        byClass,
        conflictingDuplicates,
        passedOver: run.passedOver,
        severalPictures: run.severalPictures,
      }),
    ],
  };
}

/**
 * Imports pictures: finds the files, decodes them in the pool, reads labels, patients and parts from paths or a
 * table, and writes rows chunk by chunk. Importing again adds nothing twice, and adds what earlier imports did
 * not know: labels, patients, parts. A cancelled or killed import keeps its finished chunks.
 *
 * - A file whose bytes the project has under another name is present, not new.
 * - A referenced file that holds other bytes than when it was imported is refused as `fileChanged`: its labels
 *   belong to the old picture.
 * @throws ReadroomError `nothingToImport`, `fileNotFound`, `permissionDenied` (of a source), `badTable`,
 *   `badPattern`, `usage`, `diskFull`, `cancelled`
 */
export function importImages(dependencies: ImportDependencies): Promise<ImportReport> {
  return oneAtATime(dependencies.projectFolder, () => importOnce(dependencies));
}

async function importOnce(dependencies: ImportDependencies): Promise<ImportReport> {
  const { input, projectFolder, context, projects, known } = dependencies;
  context.progress(0, null, 'Looking for pictures');
  const scan = await scanSources(input.sources, context.signal);
  const collected = await collectCandidates(scan);
  const stagingParent = input.dryRun
    ? await mkdtemp(path.join(tmpdir(), 'readroom-dry-run-'))
    : projectFolder;
  const originals = await openOriginals(stagingParent);
  try {
    const { candidates } = collected;
    const plan = await planImport(candidates, input, projects.classes());
    const run: Import = {
      ...dependencies,
      originals,
      plan,
      ledger: createImportLedger(known, input.dryRun),
      classIds: new Map(),
      roots: new Map(),
      refused: [...scan.refused, ...collected.refused, ...plan.refused],
      passedOver: new Map(),
      severalPictures: 0,
    };
    plan.warnings.unshift(...scan.warnings);
    await importCandidates(candidates, run);
    if (run.imports) await noteMissing(candidates, run);
    const { added, alreadyPresent } = run.ledger.counts;
    if (added + alreadyPresent + run.refused.length === 0) {
      throw new ReadroomError(
        'nothingToImport',
        `There are no pictures in ${input.sources.join(', ')}.`,
        'PNG, JPEG, TIFF, WebP and BMP files are imported, also from folders and ZIPs.',
      );
    }
    return await report(run);
  } catch (error) {
    throw translateSystemError(error);
  } finally {
    collected.close();
    await originals.close();
    if (input.dryRun) await rm(stagingParent, { recursive: true, force: true });
  }
}
