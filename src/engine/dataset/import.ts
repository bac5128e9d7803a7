import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { ImportReport, RefusedFile } from '../../contract/import.ts';
import { validate as isUuid } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';
import { listed } from '../../core/words.ts';
import type { InspectedFile } from '../media/decode-pool.ts';
import { incomingRoot } from '../media/incoming.ts';
import { thumbnailsFolder } from '../media/thumbnails.ts';
import type { ImportedLabel } from '../db/import-files.ts';
import type { ImportAction } from '../db/import-repository.ts';
import { createQueues } from '../one-at-a-time.ts';
import { classesForImport } from '../project/classes.ts';
import type { ProjectSession } from '../project/session.ts';
import { translateSystemError } from '../system-errors.ts';
import { collectCandidates, type Candidate } from './candidates.ts';
import { createImportLedger, type FilePlan, type Place, type Settled } from './import-ledger.ts';
import { look } from './import-look.ts';
import { planImport, type PlannedFile, type PlannedLabel } from './import-plan.ts';
import { createImportPreview } from './import-preview.ts';
import { createProgress } from './import-progress.ts';
import { reportImport } from './import-report.ts';
import type { Found, Import, ImportDependencies, ImportTarget } from './import-run.ts';
import { createUnplaced, unplacedSentences } from './import-unplaced.ts';
import { mapLimited } from './map-limited.ts';
import { noteMissing } from './missing-files.ts';
import { openOriginals } from './originals.ts';
import { scanSources } from './scan.ts';

/** What an import needs of a session. @throws ReadroomError `projectReadOnly` unless it is a dry run */
export function importTarget(session: ProjectSession, dryRun: boolean): ImportTarget {
  const { known, dataset, projects, folder } = session;
  return {
    known,
    writing: dryRun ? null : session.writing(),
    dataset,
    projects,
    projectFolder: folder,
    ...(!dryRun && { thumbnails: thumbnailsFolder(path.join(folder, 'cache')) }),
  };
}

/** Files that are looked at before they are written: what a kill can lose. */
const chunkSize = 128;
/** One transaction: how long the engine is busy at once. A file is never torn apart. */
const imagesAtOnce = 500;
/** Two imports into one project would take each other's staging for litter. */
const oneAtATime = createQueues();
function rootOf(kind: 'reference' | 'originals', folder: string, run: Import): string {
  const found = run.roots.get(folder);
  if (found !== undefined) return found;
  const id = run.writing?.imports.root(kind, folder) ?? run.known.existingRoot(kind, folder) ?? '';
  run.roots.set(folder, id);
  return id;
}

/** Ids of the project's classes, made now if this import brings them. A dry run takes names for ids. */
function openClasses({ projects, writing, action, plan, classIds }: Import): void {
  for (const { id, name } of projects.classes()) classIds.set(name, id);
  const made =
    writing && action
      ? classesForImport({ projects, journal: writing.journal }, plan.newClasses, action).ids
      : new Map(plan.newClasses.map((name) => [name, name]));
  for (const [name, id] of made) classIds.set(name, id);
}

/** What the import says of a file, with classes by id. */
function planOf(found: Found, planned: PlannedFile, run: Import): FilePlan {
  const { label, frames, part } = planned;
  const stored = (said: PlannedLabel): ImportedLabel =>
    typeof said === 'number' ? said : run.classIds.get(said)!;
  const pictures = found.kind === 'picture' ? found.inspected.pictures.length : found.stored.images.length;
  const fromTag = run.plan.patientFromTag && found.kind === 'picture';
  const patientKey =
    planned.patientKey ?? (fromTag ? (found.inspected.file.header?.patientKey ?? null) : null);
  // A table may count frames of a film whose pictures are files of their own.
  const only = pictures === 1 && frames.size === 1 ? [...frames.values()][0]! : label;
  return {
    label: only === null ? null : stored(only),
    frameLabels: new Map([...frames].map(([frame, said]) => [frame, stored(said)])),
    patientKey,
    part,
  };
}

/** Decides about a picture file; returns where its staged copy goes when the project keeps it. */
function settle(found: Found, run: Import): string | null {
  const { candidate, index, staged, referenced, byteSha256 } = found;
  const plan = planOf(found, run.plan.files[index]!, run);
  const { origin } = candidate;
  const place: Place | null =
    referenced && origin.kind === 'file'
      ? { rootId: rootOf('reference', origin.rootPath, run), relativePath: origin.relativePath }
      : null;
  if (found.kind === 'known') {
    tell(found, run.ledger.meet(byteSha256, plan, place, candidate.shownAs)!, run);
    return null;
  }
  const kept = run.originals.placeOf(byteSha256, candidate.name);
  const copiedTo = (): Place => ({ rootId: rootOf('originals', '.', run), relativePath: kept });
  const settled = run.ledger.settle(found.inspected, plan, place, candidate.shownAs, copiedTo);
  if (settled.verdict === 'new') noteNew(found.inspected, plan, settled, candidate.shownAs, run);
  tell(found, settled, run);
  return settled.verdict === 'new' && staged !== null && !run.input.dryRun ? kept : null;
}

/** What the report says of new files all together. */
function noteNew(
  { file: { warnings, header }, pictures }: InspectedFile,
  { frameLabels }: FilePlan,
  { odd }: Settled,
  file: string,
  run: Import,
): void {
  for (const sentence of warnings) {
    const key = sentence.replace(/\d+([.,]\d+)*/g, '#');
    const known = run.fileWarnings.get(key);
    if (!known) run.fileWarnings.set(key, { files: 1, sentence, file, alike: true });
    else
      run.fileWarnings.set(key, {
        ...known,
        files: known.files + 1,
        alike: known.alike && known.sentence === sentence,
      });
  }
  if (odd.includes('study')) run.studyConflicts.push(file);
  if (run.input.patient === null && run.plan.patientFromTag && header?.patientKey != null)
    run.tagPatients += 1;
  for (const frame of frameLabels?.keys() ?? []) {
    if (frame < pictures.length || pictures.length === 1) continue;
    const message = `The table names picture ${frame} of it, counted from 0, but it has ${pictures.length}.`;
    refuse({ file, code: 'labelFileNotFound', message }, run);
  }
}

/** What the report names of files that the project has already, or has others of. */
function noteOdd(
  file: string,
  given: PlannedLabel | null,
  { odd, copyOf, plan }: Settled,
  run: Import,
): void {
  if (odd.includes('contradiction')) run.contradictions.push(file);
  if (copyOf !== null) run.copies.push(file);
  if (!odd.includes('label')) return;
  if (copyOf === null) run.labelConflicts.push(file);
  else
    run.twoLabels.push({
      ...{ file, copyOf },
      label: String(given ?? ''),
      counting: plan.label === null ? '' : run.labelName(plan.label),
    });
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
  const planned = run.plan.files[found.index]!;
  const images = found.kind === 'picture' ? found.inspected.pictures.length : found.stored.images.length;
  run.unplaced.note(found.byteSha256, images, settled.plan, planned.inClassFolder);
  noteOdd(file, planned.label, settled, run);
  if (!run.preview) return;
  const { width, height } = found.kind === 'picture' ? found.inspected.pictures[0]! : found.stored;
  const warnings = found.kind === 'picture' ? found.inspected.file.warnings : [];
  const notes = [...warnings, run.labelNotes.get(file) ?? []].flat();
  run.preview.add({ file, settled, given: planned.label, width, height, notes });
}

/** What is refused of it is its label only: the picture comes in. */
const isAboutLabel = ({ code }: RefusedFile): boolean =>
  code === 'labelClassUnknown' || code === 'labelNumberUnfit';

function refuse(refused: RefusedFile, run: Import): void {
  run.refused.push(refused);
  run.preview?.refuse(refused);
}

interface Staged {
  keeping: { staged: string; kept: string }[];
  surplus: string[];
}

/** Writes what was decided: files first, then rows; when rows fail, the files go again. */
async function write({ keeping, surplus }: Staged, run: Import): Promise<void> {
  await Promise.all(surplus.map((staged) => rm(staged, { force: true })));
  try {
    await mapLimited(keeping, 16, ({ staged, kept }) => run.originals.keep(staged, kept));
    const chunk = run.ledger.open();
    const isEmpty = chunk.files.length + chunk.additions.length + chunk.studyPatients.size === 0;
    const written = run.writing && run.action && !isEmpty ? run.writing.imports.write(chunk, run.action) : [];
    run.ledger.closeChunk(written);
  } catch (error) {
    await run.originals.drop(keeping.map(({ kept }) => kept));
    throw error;
  }
}

/** Decides about files and writes what comes of them, as many at once as one transaction may have. */
async function commit(found: readonly Found[], run: Import): Promise<void> {
  if (found.length === 0) return;
  if (run.classIds.size === 0) openClasses(run);
  let staged: Staged = { keeping: [], surplus: [] };
  for (const file of found) {
    const kept = settle(file, run);
    if (kept !== null) staged.keeping.push({ staged: file.staged!, kept });
    else if (file.staged !== null) staged.surplus.push(file.staged);
    if (run.ledger.size() < imagesAtOnce) continue;
    await write(staged, run);
    staged = { keeping: [], surplus: [] };
    await nextTurn();
  }
  await write(staged, run);
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
 * - A file of several pictures is as many images, which come in together or not at all.
 * - What one import brings is one action of the person who imports, which an undo takes back, also when it was cut
 *   short. Files that were taken back come in again as new ones, as the images that they were.
 * - A file whose bytes the project has under another name is present, not new.
 * - A referenced file that holds other bytes than when it was imported is refused as `fileChanged`: its labels
 *   belong to the old picture.
 * @throws ReadroomError `nothingToImport`, `fileNotFound`, `permissionDenied` (of a source), `badTable`,
 *   `badPattern`, `usage`, `diskFull`, `cancelled`
 */
export function importImages(dependencies: ImportDependencies): Promise<ImportReport> {
  return oneAtATime(dependencies.projectFolder, () => importOnce(dependencies));
}

function startAction(
  { writing, input, projects }: ImportDependencies,
  candidates: readonly Candidate[],
): ImportAction | null {
  if (!writing) return null;
  const person = input.reader === undefined ? null : projects.readerNamed(input.reader, 'person').id;
  return writing.imports.begin(person, whatIsImported(candidates));
}

/** "images from films and scans", by the sources' own names: never a path, which may name a patient or a user. */
function whatIsImported(candidates: readonly Candidate[]): string {
  const names = new Set(
    candidates.flatMap(({ sourceName, relativePath }) => {
      // What was sent over the network lies in a folder that has no name of a person's.
      if (!isUuid(sourceName)) return [sourceName];
      const [folder, ...rest] = relativePath.split('/');
      return rest.length > 0 ? [folder!] : [];
    }),
  );
  return names.size === 0 ? 'images' : `images from ${listed([...names], 3)}`;
}

/** Files that were sent are known by their names where they came from: what a name as of here is for people. */
function sentNames(projectFolder: string): (shownAs: string) => string {
  const root = `${incomingRoot(projectFolder)}${path.sep}`;
  return (shownAs) =>
    shownAs.startsWith(root) ? shownAs.slice(shownAs.indexOf(path.sep, root.length) + 1) : shownAs;
}

async function importOnce(dependencies: ImportDependencies): Promise<ImportReport> {
  const { input, projectFolder, context, projects, known } = dependencies;
  context.progress(0, null, 'Looking for pictures');
  const scan = await scanSources(input.sources, context.signal);
  const nameOf = sentNames(projectFolder);
  const collected = await collectCandidates(scan);
  const stagingParent = input.dryRun
    ? await mkdtemp(path.join(tmpdir(), 'readroom-dry-run-'))
    : projectFolder;
  const originals = await openOriginals(stagingParent);
  try {
    const candidates = collected.candidates.map((each) => ({ ...each, shownAs: nameOf(each.shownAs) }));
    const plan = await planImport(candidates, input, projects.classes(), projects.labelSchema());
    const names = projects.classNames();
    const action = dependencies.writing && startAction(dependencies, candidates);
    const classIds = new Map<string, string>();
    /** An imported label in words: of a class that this import makes too. */
    const labelName = (label: ImportedLabel): string =>
      typeof label === 'number'
        ? String(label)
        : (names.get(label) ?? [...classIds].find(([, id]) => id === label)?.[0] ?? label);
    const preview = input.dryRun ? createImportPreview(labelName) : null;
    const run: Import = {
      ...dependencies,
      action,
      preview,
      labelNotes: new Map(plan.refused.filter(isAboutLabel).map(({ file, message }) => [file, message])),
      originals,
      plan,
      ledger: createImportLedger(known, input.dryRun, {
        level: projects.labelSchema().level,
        heirs: projects.heirs(),
      }),
      classIds,
      labelName,
      unplaced: createUnplaced(unplacedSentences(plan, input)),
      roots: new Map(),
      refused: [
        ...[...scan.refused, ...collected.refused].map((each) => ({ ...each, file: nameOf(each.file) })),
        ...plan.refused,
      ],
      passedOver: new Map(),
      fileWarnings: new Map(),
      studyConflicts: [],
      contradictions: [],
      copies: [],
      labelConflicts: [],
      twoLabels: [],
      tagPatients: 0,
    };
    plan.warnings.unshift(...scan.warnings, ...collected.warnings);
    for (const refused of run.refused) if (!isAboutLabel(refused)) preview?.refuse(refused);
    await importCandidates(candidates, run);
    if (run.writing) await noteMissing(candidates, run);
    const { added, alreadyPresent } = run.ledger.counts;
    if (added + alreadyPresent + run.refused.length === 0) {
      throw new ReadroomError(
        'nothingToImport',
        `There are no pictures in ${input.sources.map(nameOf).join(', ')}.`,
        'PNG, JPEG, TIFF, WebP, BMP, DICOM and NIfTI files are imported, also from folders and ZIPs.',
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
