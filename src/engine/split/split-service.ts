import { type PerPart, type SplitInput, splitParts, type SplitReport } from '../../contract/split.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { planSplit, type SplitResult } from '../../core/split.ts';
import { findLeaks, groupRows, type SplitRow } from '../../core/split-groups.ts';
import { isJudged, strataOf, type Stratum, usualBins } from '../../core/split-strata.ts';
import { shownPath } from '../../core/words.ts';
import type { DatasetMember, DatasetVersion, SplitCandidate } from '../db/dataset-repository.ts';
import { type IndexStamp } from '../db/index-repository.ts';
import { isSameStamp } from '../dataset/image-index.ts';
import type { ProjectSession } from '../project/session.ts';
import { inTurns, mapInTurns } from '../turns.ts';
import { candidatesOf, indexByImage, labelOf, membersToday, withDrawings } from './members.ts';
import { versionIdentity, type VersionSettings } from './version-hash.ts';

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
  const candidates = await candidatesOf(session);
  const { assignments, ...counted } = await plan(session, candidates, input, signal);
  const byImage = await indexByImage(candidates);
  const members = await mapInTurns(assignments, ({ image, part, fold }): DatasetMember => {
    return { image, part, fold, ...labelOf(byImage.get(image)!) };
  });
  const settings = { by: counted.by, seed: counted.seed, folds: input.folds };
  const { hash, drawings } = await versionIdentity(session, settings, members, byImage);
  const report: SplitReport = { version: hash, ...counted, ...(drawings && { drawings }) };
  signal?.throwIfAborted();
  if (!input.dryRun) await storeVersion(session, { hash, settings, report }, members);
  return report;
}

/** Ranges of numbers that cannot stand in every part are made wider. */
async function plan(
  session: ProjectSession,
  candidates: readonly SplitCandidate[],
  input: SplitInput,
  signal: AbortSignal | undefined,
): Promise<SplitResult> {
  const { kind } = session.projects.labelSchema();
  const classes = session.projects.classes();
  for (let bins = usualBins; ; bins -= 1) {
    const strata = strataOf(kind, classes, candidates, bins);
    const rows = await mapInTurns(candidates, (candidate) => toRow(candidate, strata.of(candidate)));
    try {
      return await inTurns(planSplit(rows, strata.names, input), signal);
    } catch (error) {
      const mayBeWider = kind === 'number' && strata.names.length > 2 && bins > 2;
      if (!mayBeWider || !(error instanceof ReadroomError && error.code === 'classMissingFromSplit'))
        throw error;
    }
  }
}

/**
 * The dataset version that trains next: the current split with today's labels of record, stored as a version
 * of its own when labels or patients have changed since, or drawings where masks are learned. An image keeps its part
 * while it has no label.
 * @throws ReadroomError `noSplit`, `splitLeak`, `classMissingFromSplit`
 */
export async function currentVersion(
  session: ProjectSession,
  learnsMasks?: boolean,
): Promise<{ version: DatasetVersion; members: DatasetMember[]; warnings: string[] }> {
  const version = session.dataset.currentVersion();
  if (!version) {
    throw new ReadroomError(
      'noSplit',
      'The project has no split yet.',
      'Make one with: readroom split PROJECT',
    );
  }
  const { candidates, byImage, members, gone } = await membersToday(session, version);
  const leak = await newLeak(version, members, candidates);
  if (leak) throw leak;
  const warnings = [...version.report.warnings, ...memberWarnings(byImage, members, gone)];
  const settings = { by: version.splitBy, seed: version.seed, folds: version.folds };
  const { hash, drawings } = await versionIdentity(session, settings, members, byImage, learnsMasks);
  if (hash === version.hash) return { version, members, warnings };
  const counted = countMembers(session, members, byImage, version.folds);
  refuseLostClasses(version, counted);
  await storeVersion(
    session,
    { hash, settings, report: { ...version.report, version: hash, ...counted, drawings } },
    members,
  );
  return { version: session.dataset.currentVersion()!, members, warnings };
}

/** A stored version to train again on. @throws ReadroomError `splitLeak` by what became known since, `unknownImage` */
export async function versionAgain(
  session: ProjectSession,
  hash: string,
): Promise<{ version: DatasetVersion; members: DatasetMember[] }> {
  const version = session.dataset.versionByHash(hash);
  const stored = await session.dataset.membersInTurns(version);
  const members = await withDrawings(stored, await session.drawings.all());
  refuseRetiredClasses(session, members);
  refuseGone(session, version);
  const candidates = await session.dataset.candidates();
  const leak = await newLeak(version, members, candidates);
  if (leak) throw leak;
  return { version, members };
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
    const member = memberOf.get(candidate.image);
    return toRow(candidate, { label: member && isJudged(member) ? 0 : null, labels: [] });
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

/** Images that were taken back with their import are in no training any more. @throws ReadroomError `unknownImage` */
export function refuseGone(session: ProjectSession, version: DatasetVersion): void {
  const { images, removed: gone } = session.dataset.countMembers(version);
  if (gone === 0) return;
  throw new ReadroomError(
    'unknownImage',
    `${gone} of ${images} images of this version of the dataset were taken back with their import.`,
    'Do that import again, or train on the current split.',
    { images: gone },
  );
}

/** A class that was taken out of use since has no place in a network any more. */
function refuseRetiredClasses(session: ProjectSession, members: readonly DatasetMember[]): void {
  const inUse = new Set(session.projects.classes().map(({ id }) => id));
  const retired = new Set(
    members.flatMap(({ classId, classes }) => classId ?? classes ?? []).filter((id) => !inUse.has(id)),
  );
  if (retired.size === 0) return;
  const names = [...session.projects.classNames()].filter(([id]) => retired.has(id)).map(([, name]) => name);
  throw new ReadroomError(
    'unknownClass',
    `This version of the dataset has images of ${names.join(', ')}, taken out of use since.`,
    `Add the class ${names[0]} again, or train on the current split.`,
    { classes: names },
  );
}

/** Whether a split is by image only because no patient was known: each image counted as a patient. */
function patientsWereUnknown({ report }: DatasetVersion): boolean {
  return splitParts.every((part) => report.patients[part] === report.counts[part]);
}

/** Refuses to train without a class that the split was made with; ranges of numbers follow the numbers. */
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
  const { kind } = session.projects.labelSchema();
  const strata = strataOf(kind, session.projects.classes(), members);
  const counts = none();
  const perLabel = strata.names.map(none);
  const groups = { train: new Set<string>(), val: new Set<string>(), test: new Set<string>() };
  const inFold = new Array<number>(folds ?? 0).fill(0);
  for (const { image, part, fold, ...member } of members) {
    const { label, labels } = strata.of(member);
    if (label === null) continue;
    counts[part]++;
    for (const at of labels) perLabel[at]![part]++;
    groups[part].add(groupOf(byImage.get(image)!) ?? image);
    if (fold !== null) inFold[fold]!++;
  }
  const byClass = Object.fromEntries(strata.names.map((name, at) => [name, perLabel[at]!]));
  const patients = { train: groups.train.size, val: groups.val.size, test: groups.test.size };
  const foldable = inFold.reduce((sum, images) => sum + images, 0);
  const perFold = inFold.map((val) => ({ train: foldable - val, val }));
  return { counts, patients, byClass, ...(folds === null ? {} : { folds: perFold }) };
}

function memberWarnings(
  byImage: ReadonlyMap<string, SplitCandidate>,
  members: readonly DatasetMember[],
  gone: number,
): string[] {
  const inside = new Set(members.map(({ image }) => image));
  const outside = [...byImage.values()].filter(
    (candidate) => isJudged(candidate) && !inside.has(candidate.image),
  ).length;
  const unlabelled = members.filter((member) => !isJudged(member)).length;
  return [
    ...(outside > 0
      ? [`${outside} labelled images are in no part of the split: run readroom split again to use them.`]
      : []),
    ...(gone > 0 ? [`${gone} images of the split were taken back with their import and are left out.`] : []),
    ...(unlabelled > 0 ? [`${unlabelled} images of the split have no label now and are left out.`] : []),
  ];
}

function toRow(candidate: SplitCandidate, { label, labels }: Stratum): SplitRow {
  const { image, relativePath, frame } = candidate;
  return {
    image,
    key: keyOf(candidate),
    name: frame === 0 ? shownPath(relativePath) : `${shownPath(relativePath)}#${frame}`,
    patient: groupOf(candidate),
    pixelHash: candidate.pixelSha256,
    label,
    labels,
    ...(candidate.drawn && { isDrawn: true }),
    importedPart: candidate.importedPart,
  };
}

/** Whose pictures are never parted: a patient's, or those of one study of somebody unknown; null: of nothing known. */
const groupOf = ({ patient, study }: SplitCandidate): string | null =>
  patient ?? (study === null ? null : `of study ${study}`);

/** Stable across projects and machines: the same files give the same split for the same seed. */
function keyOf({ relativePath, byteSha256, frame }: SplitCandidate): string {
  return `${relativePath}\n${byteSha256}${frame === 0 ? '' : `\n${frame}`}`;
}
