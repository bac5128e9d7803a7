import { type PerPart, type SplitInput, splitParts, type SplitReport } from '../../contract/dataset.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { planSplit } from '../../core/split.ts';
import { findLeaks, groupRows, type SplitRow } from '../../core/split-groups.ts';
import { forEachInSteps } from '../../core/steps.ts';
import type { DatasetMember, DatasetVersion, SplitCandidate } from '../db/dataset-repository.ts';
import { type IndexStamp } from '../db/index-repository.ts';
import { isSameStamp } from '../dataset/image-index.ts';
import type { ProjectSession } from '../project/session.ts';
import { inTurns, mapInTurns } from '../turns.ts';
import { datasetVersionHash } from './dataset-version.ts';

/**
 * Makes a split of the labelled images, stores it as a dataset version and makes that the current one. A dry run
 * only reports, also in a project opened for reading.
 */
export async function splitProject(
  session: ProjectSession,
  input: SplitInput,
  signal?: AbortSignal,
): Promise<SplitReport> {
  if (!input.dryRun) session.writing();
  const classes = session.projects.classes();
  const classIndex = new Map(classes.map(({ id }, index) => [id, index]));
  const candidates = await session.dataset.candidates();
  const rows = await mapInTurns(candidates, (candidate) =>
    toRow(candidate, candidate.classId === null ? null : (classIndex.get(candidate.classId) ?? null)),
  );
  const names = classes.map(({ name }) => name);
  const { assignments, ...counted } = await inTurns(planSplit(rows, names, input), signal);
  const byImage = await indexByImage(candidates);
  const members = await mapInTurns(assignments, ({ image, part, fold }): DatasetMember => {
    return { image, part, fold, classId: byImage.get(image)!.classId };
  });
  const settings = { by: counted.by, seed: counted.seed, folds: input.folds };
  const hash = await hashOf(session, settings, members, byImage);
  const report: SplitReport = { version: hash, ...counted };
  signal?.throwIfAborted();
  if (!input.dryRun) await storeVersion(session, { hash, settings, report }, members);
  return report;
}

/**
 * The dataset version that trains next: the current split with today's labels of record, stored as a version
 * of its own when labels or patients have changed since. An image keeps its part while it has no label.
 * @throws ReadroomError `noSplit`, `splitLeak`, `classMissingFromSplit`
 */
export async function currentVersion(
  session: ProjectSession,
): Promise<{ version: DatasetVersion; members: DatasetMember[]; warnings: string[] }> {
  const version = session.dataset.currentVersion();
  if (!version) {
    throw new ReadroomError(
      'noSplit',
      'The project has no split yet.',
      'Make one with: readroom split PROJECT',
    );
  }
  const { candidates, byImage, members } = await membersToday(session, version);
  const leak = await newLeak(version, members, candidates);
  if (leak) throw leak;
  const warnings = [...version.report.warnings, ...memberWarnings(byImage, members)];
  const settings = { by: version.splitBy, seed: version.seed, folds: version.folds };
  const hash = await hashOf(session, settings, members, byImage);
  if (hash === version.hash) return { version, members, warnings };
  const counted = countMembers(session, members, byImage, version.folds);
  refuseLostClasses(version, counted);
  await storeVersion(
    session,
    { hash, settings, report: { ...version.report, version: hash, ...counted } },
    members,
  );
  return { version: session.dataset.currentVersion()!, members, warnings };
}

/** A stored version to train again on. @throws ReadroomError `splitLeak` by what became known since */
export async function versionAgain(
  session: ProjectSession,
  hash: string,
): Promise<{ version: DatasetVersion; members: DatasetMember[] }> {
  const version = session.dataset.versionByHash(hash);
  const members = await session.dataset.membersInTurns(version);
  refuseRetiredClasses(session, members);
  const leak = await newLeak(version, members, await session.dataset.candidates());
  if (leak) throw leak;
  return { version, members };
}

/** A version's members with today's labels, and all images by their id. */
async function membersToday(
  session: ProjectSession,
  version: DatasetVersion,
): Promise<{
  candidates: SplitCandidate[];
  byImage: Map<string, SplitCandidate>;
  members: DatasetMember[];
}> {
  const candidates = await session.dataset.candidates();
  const byImage = await indexByImage(candidates);
  const members = await mapInTurns(await session.dataset.membersInTurns(version), (member) => ({
    ...member,
    classId: byImage.get(member.image)!.classId,
  }));
  return { candidates, byImage, members };
}

const leakOf = new WeakMap<
  ProjectSession,
  { stamp: IndexStamp; invalidations: number; leak: ReadroomError | null }
>();

/**
 * What a training on the current split would be refused with because of what became known since; null where nothing
 * leaks, and where there is no split. For a screen that asks again and again: looked for once, until something changes.
 * A training looks for itself.
 */
export async function currentLeak(session: ProjectSession): Promise<ReadroomError | null> {
  const stamp = session.stamp();
  const known = leakOf.get(session);
  const invalidations = session.index.invalidations();
  if (known?.invalidations === invalidations && isSameStamp(stamp, known.stamp)) return known.leak;
  const version = session.dataset.currentVersion();
  if (!version) return null;
  const { members, candidates } = await membersToday(session, version);
  const leak = await newLeak(version, members, candidates);
  leakOf.set(session, { stamp, invalidations, leak });
  return leak;
}

/** Patients and copies of pictures may become known after a split was made, and stand across its parts. */
async function newLeak(
  version: DatasetVersion,
  members: readonly DatasetMember[],
  candidates: readonly SplitCandidate[],
): Promise<ReadroomError | null> {
  const memberOf = await indexByImage(members);
  const rows = await mapInTurns(candidates, (candidate) => {
    const labelled = (memberOf.get(candidate.image)?.classId ?? null) !== null;
    return toRow(candidate, labelled ? 0 : null);
  });
  const places = await mapInTurns(candidates, ({ image }) => {
    const member = memberOf.get(image);
    if (!member) return null;
    return member.fold === null ? member.part : `${member.part}, fold ${member.fold}`;
  });
  const by = version.splitBy === 'patient' || patientsWereUnknown(version) ? 'patient' : 'image';
  const groups = await inTurns(groupRows(rows, by));
  const leaks = await inTurns(findLeaks(rows, groups, by, places));
  if (!leaks) return null;
  return new ReadroomError(
    'splitLeak',
    `The split's parts share ${leaks.what}, known only since it was made: ${leaks.names}.`,
    version.splitBy === 'patient'
      ? 'Split again with: readroom split PROJECT, and train anew on that split.'
      : 'Split again with: readroom split PROJECT, or with --by image to part patients (figures may be inflated).',
    leaks.counts,
  );
}

/** A class that was taken out of use since has no place in a network any more. */
function refuseRetiredClasses(session: ProjectSession, members: readonly DatasetMember[]): void {
  const inUse = new Set(session.projects.classes().map(({ id }) => id));
  const retired = new Set(members.flatMap(({ classId }) => classId ?? []).filter((id) => !inUse.has(id)));
  if (retired.size === 0) return;
  const names = [...session.projects.classNames()].filter(([id]) => retired.has(id)).map(([, name]) => name);
  throw new ReadroomError(
    'unknownClass',
    `This version of the dataset has images of ${names.join(', ')}, taken out of use since.`,
    `Add the class ${names[0]} again, or train on the current split.`,
    { classes: names },
  );
}

async function indexByImage<T extends { image: string }>(list: readonly T[]): Promise<Map<string, T>> {
  const index = new Map<string, T>();
  await inTurns(forEachInSteps(list, (item) => void index.set(item.image, item)));
  return index;
}

/** Whether a split is by image only because no patient was known: each image counted as a patient. */
function patientsWereUnknown({ report }: DatasetVersion): boolean {
  return splitParts.every((part) => report.patients[part] === report.counts[part]);
}

/** Refuses to train without a class that the split was made with. */
function refuseLostClasses({ report }: DatasetVersion, { byClass }: Pick<SplitReport, 'byClass'>): void {
  const lost = Object.keys(byClass).filter(
    (name) => byClass[name]!.train === 0 && (report.byClass[name]?.train ?? 0) > 0,
  );
  if (lost.length === 0) return;
  throw new ReadroomError(
    'classMissingFromSplit',
    `Since the split was made, its train part has lost all images of class ${lost.join(', ')}: labels were changed.`,
    'Label images of that class, or split again with: readroom split PROJECT',
    { part: 'train', classes: lost },
  );
}

interface VersionSettings {
  by: 'patient' | 'image';
  seed: number;
  folds: number | null;
}

async function hashOf(
  session: ProjectSession,
  split: VersionSettings,
  members: readonly DatasetMember[],
  byImage: ReadonlyMap<string, SplitCandidate>,
): Promise<string> {
  const names = session.projects.classNames();
  const images = await mapInTurns(members, ({ image, part, fold, classId }) => {
    const { byteSha256, relativePath, patient } = byImage.get(image)!;
    const className = classId === null ? null : (names.get(classId) ?? null);
    return { byteSha256, relativePath, patient, className, part, fold };
  });
  return datasetVersionHash(
    {
      classSchemaVersion: session.projects.classSchemaVersion(),
      labelRule: session.projects.labelRule(),
      split,
    },
    images,
  );
}

function storeVersion(
  session: ProjectSession,
  version: { hash: string; settings: VersionSettings; report: SplitReport },
  members: readonly DatasetMember[],
): Promise<void> {
  const { by, seed, folds } = version.settings;
  return session.dataset.addVersion(
    {
      hash: version.hash,
      splitBy: by,
      seed,
      folds,
      report: version.report,
      createdAt: new Date().toISOString(),
    },
    members,
  );
}

function countMembers(
  session: ProjectSession,
  members: readonly DatasetMember[],
  byImage: ReadonlyMap<string, SplitCandidate>,
  folds: number | null,
): Omit<SplitReport, 'version' | 'by' | 'seed' | 'warnings'> {
  const none = (): PerPart => ({ train: 0, val: 0, test: 0 });
  const classes = session.projects.classes();
  const counts = none();
  const byClass = Object.fromEntries(classes.map(({ name }) => [name, none()]));
  const names = new Map(classes.map(({ id, name }) => [id, name]));
  const groups = { train: new Set<string>(), val: new Set<string>(), test: new Set<string>() };
  const inFold = new Array<number>(folds ?? 0).fill(0);
  for (const { image, part, fold, classId } of members) {
    const name = classId === null ? undefined : names.get(classId);
    if (name === undefined) continue;
    counts[part]++;
    byClass[name]![part]++;
    groups[part].add(byImage.get(image)!.patient ?? image);
    if (fold !== null) inFold[fold]!++;
  }
  const patients = { train: groups.train.size, val: groups.val.size, test: groups.test.size };
  const foldable = inFold.reduce((sum, images) => sum + images, 0);
  const perFold = inFold.map((val) => ({ train: foldable - val, val }));
  return { counts, patients, byClass, ...(folds === null ? {} : { folds: perFold }) };
}

function memberWarnings(
  byImage: ReadonlyMap<string, SplitCandidate>,
  members: readonly DatasetMember[],
): string[] {
  const inside = new Set(members.map(({ image }) => image));
  const outside = [...byImage.values()].filter(
    ({ image, classId }) => classId !== null && !inside.has(image),
  ).length;
  const unlabelled = members.filter(({ classId }) => classId === null).length;
  return [
    ...(outside > 0
      ? [`${outside} labelled images are in no part of the split: run readroom split again to use them.`]
      : []),
    ...(unlabelled > 0 ? [`${unlabelled} images of the split have no label now and are left out.`] : []),
  ];
}

function toRow(candidate: SplitCandidate, label: number | null): SplitRow {
  return {
    image: candidate.image,
    key: keyOf(candidate),
    name: candidate.relativePath,
    patient: candidate.patient,
    pixelHash: candidate.pixelSha256,
    label,
    importedPart: candidate.importedPart,
  };
}

/** Stable across projects and machines: the same files give the same split for the same seed. */
function keyOf({ relativePath, byteSha256 }: SplitCandidate): string {
  return `${relativePath}\n${byteSha256}`;
}
