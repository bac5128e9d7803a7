import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { ImportReport, RefusedFile } from '../../contract/dataset.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { thumbnailsFolder } from '../media/thumbnails.ts';
import { createQueues } from '../one-at-a-time.ts';
import type { ProjectSession } from '../project/session.ts';
import { translateSystemError } from '../system-errors.ts';
import { collectCandidates, type Candidate } from './candidates.ts';
import { createImportLedger, type Settled } from './import-ledger.ts';
import { look } from './import-look.ts';
import { planImport } from './import-plan.ts';
import { createImportPreview } from './import-preview.ts';
import { createProgress } from './import-progress.ts';
import { reportImport } from './import-report.ts';
import type { Found, Import, ImportDependencies, ImportTarget } from './import-run.ts';
import { mapLimited } from './map-limited.ts';
import { noteMissing } from './missing-files.ts';
import { openOriginals } from './originals.ts';
import { scanSources } from './scan.ts';

/** What an import needs of a session. @throws ReadroomError `projectReadOnly` unless it is a dry run */
export function importTarget(session: ProjectSession, dryRun: boolean): ImportTarget {
  const { known, dataset, projects, folder } = session;
  return {
    known,
    imports: dryRun ? null : session.writing().imports,
    dataset,
    projects,
    projectFolder: folder,
    ...(!dryRun && { thumbnails: thumbnailsFolder(path.join(folder, 'cache')) }),
  };
}

/** One chunk is one transaction: what a kill can lose, and how long the engine is busy at once. */
const chunkSize = 128;
/** Two imports into one project would take each other's staging for litter. */
const oneAtATime = createQueues();
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

/** Decides about a picture; returns where its staged copy goes when the project keeps it. */
function settle(found: Found, run: Import): string | null {
  const { candidate, index, staged, referenced, byteSha256 } = found;
  const { className, patientKey, part } = run.plan.files[index]!;
  const plan = { classId: className === null ? null : run.classIds.get(className)!, patientKey, part };
  const { origin } = candidate;
  const place =
    referenced && origin.kind === 'file'
      ? { rootId: rootOf('reference', origin.rootPath, run), relativePath: origin.relativePath }
      : null;
  if (found.kind === 'known') {
    tell(found, run.ledger.meet(byteSha256, plan, place)!, run);
    return null;
  }
  const { facts } = found;
  if (facts.warnings.length > 0) run.severalPictures += 1;
  const kept = run.originals.placeOf(byteSha256, candidate.name);
  const settled = run.ledger.settle(facts, plan, place, () => ({
    ...(place ?? { rootId: rootOf('originals', '.', run), relativePath: kept }),
    facts,
    ...plan,
  }));
  tell(found, settled, run);
  return settled.verdict === 'new' && staged !== null && !run.input.dryRun ? kept : null;
}

/** Takes a decision into the report: a refusal, or a line of the dry run's list. */
function tell(found: Found, settled: Settled, run: Import): void {
  const file = found.candidate.shownAs;
  if (settled.verdict === 'changed') {
    const message =
      'It holds another picture than when it was imported. Give the new one another name, or put the old one back.';
    refuse({ file, code: 'fileChanged', message }, run);
    return;
  }
  if (!run.preview) return;
  const { width, height } = found.kind === 'picture' ? found.facts : found.image;
  const notes = [...(found.kind === 'picture' ? found.facts.warnings : []), run.labelNotes.get(file) ?? []];
  run.preview.add({ file, settled, width, height, notes: notes.flat() });
}

/** What is refused of it is its label only: the picture comes in. */
const isAboutLabel = ({ code }: RefusedFile): boolean => code === 'labelClassUnknown';

function refuse(refused: RefusedFile, run: Import): void {
  run.refused.push(refused);
  run.preview?.refuse(refused);
}

/** Writes what the chunk holds: files first, then rows; when rows fail, the files go again. */
async function commit(pictures: readonly Found[], run: Import): Promise<void> {
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
      if (result.kind === 'refused') refuse(result.refused, run);
      if (result.kind === 'passedOver') {
        run.passedOver.set(result.extension, (run.passedOver.get(result.extension) ?? 0) + 1);
      }
    }
    await commit(
      looked.filter((result) => result.kind === 'picture' || result.kind === 'known'),
      run,
    );
  }
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
    const names = projects.classNames();
    const preview = input.dryRun ? createImportPreview((id) => names.get(id) ?? id) : null;
    const run: Import = {
      ...dependencies,
      preview,
      labelNotes: new Map(plan.refused.filter(isAboutLabel).map(({ file, message }) => [file, message])),
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
    for (const refused of run.refused) if (!isAboutLabel(refused)) preview?.refuse(refused);
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
    return await reportImport(run);
  } catch (error) {
    throw translateSystemError(error);
  } finally {
    collected.close();
    await originals.close();
    if (input.dryRun) await rm(stagingParent, { recursive: true, force: true });
  }
}
