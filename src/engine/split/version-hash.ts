import type { DatasetMember, SplitCandidate } from '../db/dataset-repository.ts';
import type { ProjectSession } from '../project/session.ts';
import { mapInTurns } from '../turns.ts';
import { datasetVersionHash } from './dataset-version.ts';
import { drawingsHash, drawnDigests, isAboutMasks } from './drawn-digests.ts';

/** How a version was split. */
export interface VersionSettings {
  by: 'patient' | 'image';
  seed: number;
  folds: number | null;
}

/**
 * The hash of a version of these members as they stand now, and that of their drawings where those count.
 *
 * @param byImage all images
 * @param learnsMasks whether drawings are a part of it; else a stroke makes no new version, as in a project that learns
 * classes or numbers
 */
export async function versionIdentity(
  session: ProjectSession,
  split: VersionSettings,
  members: readonly DatasetMember[],
  byImage: ReadonlyMap<string, SplitCandidate>,
  learnsMasks = isAboutMasks(session),
): Promise<{ hash: string; drawings?: string }> {
  if (!learnsMasks) return { hash: await versionHash(session, split, members, byImage, new Map()) };
  const drawn = await drawnDigests(session, members, session.projects.classNames());
  return {
    hash: await versionHash(session, split, members, byImage, drawn),
    drawings: drawingsHash(drawn),
  };
}

async function versionHash(
  session: ProjectSession,
  split: VersionSettings,
  members: readonly DatasetMember[],
  byImage: ReadonlyMap<string, SplitCandidate>,
  drawn: ReadonlyMap<string, string>,
): Promise<string> {
  const names = session.projects.classNames();
  const images = await mapInTurns(members, ({ image, part, fold, classId, classes, number }) => {
    const { byteSha256, relativePath, frame, patient } = byImage.get(image)!;
    const label =
      classes?.flatMap((id) => names.get(id) ?? []).sort() ??
      (classId === null ? number : (names.get(classId) ?? null));
    return { byteSha256, relativePath, frame, patient, label, part, fold, drawn: drawn.get(image) };
  });
  const { kind, level, number } = session.projects.labelSchema();
  const isUsual = kind === 'single' && level === 'image';
  return datasetVersionHash(
    {
      classSchemaVersion: session.projects.classSchemaVersion(),
      labelRule: session.projects.labelRule(),
      ...(!isUsual && { labels: { kind, level, number } }),
      split,
    },
    images,
  );
}
