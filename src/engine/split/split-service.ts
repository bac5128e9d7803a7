import { setImmediate as nextTurn } from 'node:timers/promises';

import type { SplitInput, SplitReport } from '../../contract/dataset.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { makeSplit } from '../../core/split.ts';
import type { DatasetMember, DatasetVersion, SplitCandidate } from '../db/dataset-repository.ts';
import type { ProjectSession } from '../project/session.ts';
import { datasetVersionHash } from './dataset-version.ts';

const labelRule = 'single-reader/1';

/** Makes a split of the labelled images, stores it as a dataset version and makes that the current one. */
export async function splitProject(session: ProjectSession, input: SplitInput): Promise<SplitReport> {
  session.writing();
  const classes = session.projects.classes();
  const classIndex = new Map(classes.map(({ id }, index) => [id, index]));
  const candidates = session.dataset.candidates();
  await nextTurn();
  const { assignments, ...counted } = makeSplit(
    candidates.map((candidate) => ({
      image: candidate.image,
      key: keyOf(candidate),
      name: candidate.relativePath,
      patient: candidate.patient,
      pixelHash: candidate.pixelSha256,
      label: candidate.classId === null ? null : (classIndex.get(candidate.classId) ?? null),
      importedPart: candidate.importedPart,
    })),
    classes.map(({ name }) => name),
    input,
  );
  await nextTurn();
  const byImage = new Map(candidates.map((candidate) => [candidate.image, candidate]));
  const members = assignments.map(({ image, part, fold }): DatasetMember => {
    return { image, part, fold, classId: byImage.get(image)!.classId };
  });
  const settings = { by: counted.by, seed: counted.seed, folds: input.folds };
  const hash = hashOf(session, settings, members, byImage);
  const report: SplitReport = { version: hash, ...counted };
  storeVersion(session, { hash, settings, report }, members);
  return report;
}

/**
 * The dataset version that trains next: the current split with today's labels of record, stored as a version
 * of its own when labels have changed since. @throws ReadroomError `noSplit`
 */
export function currentVersion(session: ProjectSession): { version: DatasetVersion; warnings: string[] } {
  const version = session.dataset.currentVersion();
  if (!version) {
    throw new ReadroomError(
      'noSplit',
      'The project has no split yet.',
      'Make one with: readroom split PROJECT',
    );
  }
  const byImage = new Map(session.dataset.candidates().map((candidate) => [candidate.image, candidate]));
  const members = session.dataset.members(version);
  const labelled = members
    .map((member) => ({ ...member, classId: byImage.get(member.image)!.classId }))
    .filter(({ classId }) => classId !== null);
  const warnings = [...version.report.warnings, ...outsideWarning(byImage, members)];
  const settings = { by: version.splitBy, seed: version.seed, folds: version.folds };
  const hash = hashOf(session, settings, labelled, byImage);
  if (hash === version.hash) return { version, warnings };
  const report = { ...version.report, version: hash, ...countMembers(session, labelled, byImage) };
  storeVersion(session, { hash, settings, report }, labelled);
  return { version: session.dataset.currentVersion()!, warnings };
}

interface VersionSettings {
  by: 'patient' | 'image';
  seed: number;
  folds: number | null;
}

function hashOf(
  session: ProjectSession,
  split: VersionSettings,
  members: readonly DatasetMember[],
  byImage: ReadonlyMap<string, SplitCandidate>,
): string {
  const names = new Map(session.projects.classes().map(({ id, name }) => [id, name]));
  const images = members.map(({ image, part, fold, classId }) => {
    const { byteSha256, relativePath, patient } = byImage.get(image)!;
    const className = classId === null ? null : (names.get(classId) ?? null);
    return { byteSha256, relativePath, patient, className, part, fold };
  });
  return datasetVersionHash(
    { classSchemaVersion: session.projects.classSchemaVersion(), labelRule, split },
    images,
  );
}

function storeVersion(
  session: ProjectSession,
  version: { hash: string; settings: VersionSettings; report: SplitReport },
  members: readonly DatasetMember[],
): void {
  const { by, seed, folds } = version.settings;
  session.dataset.addVersion(
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
): Pick<SplitReport, 'counts' | 'patients' | 'byClass'> {
  const none = (): SplitReport['counts'] => ({ train: 0, val: 0, test: 0 });
  const classes = session.projects.classes();
  const counts = none();
  const byClass = Object.fromEntries(classes.map(({ name }) => [name, none()]));
  const names = new Map(classes.map(({ id, name }) => [id, name]));
  const groups = { train: new Set<string>(), val: new Set<string>(), test: new Set<string>() };
  for (const { image, part, classId } of members) {
    counts[part]++;
    byClass[names.get(classId!)!]![part]++;
    groups[part].add(byImage.get(image)!.patient ?? image);
  }
  const patients = { train: groups.train.size, val: groups.val.size, test: groups.test.size };
  return { counts, patients, byClass };
}

function outsideWarning(
  byImage: ReadonlyMap<string, SplitCandidate>,
  members: readonly DatasetMember[],
): string[] {
  const inside = new Set(members.map(({ image }) => image));
  const outside = [...byImage.values()].filter(
    ({ image, classId }) => classId !== null && !inside.has(image),
  ).length;
  if (outside === 0) return [];
  return [`${outside} labelled images are in no part of the split: run readroom split again to use them.`];
}

/** Stable across projects and machines: the same files give the same split for the same seed. */
function keyOf({ relativePath, byteSha256 }: SplitCandidate): string {
  return `${relativePath}\n${byteSha256}`;
}
