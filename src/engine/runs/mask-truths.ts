import { existsSync } from 'node:fs';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { classOf } from '../../contract/learning-task.ts';
import type { DatasetMember, DatasetVersion } from '../db/dataset-repository.ts';
import type { RunClass } from '../db/run-repository.ts';
import type { ProjectSession } from '../project/session.ts';
import { drawingsHash, drawnDigests } from '../split/drawn-digests.ts';
import { withDrawings } from '../split/members.ts';
import { readManifest, runFolderOf } from './run-folder.ts';

/** The masks that a run learned and was judged by. */
export interface LearnedMasks {
  /** Path; as in the run's manifest. */
  readonly file: string;
  readonly slots: ReadonlyMap<string, number>;
}

/** What the masks of a run are made of. */
export interface MaskTruths {
  /** Of its version, with what is drawn on them now. */
  readonly members: readonly DatasetMember[];
  /** Of the run that it trains again, which it learns whatever was drawn since; null: it learns the drawings. */
  readonly learned: LearnedMasks | null;
  /** SHA-256 of the drawings that it learns, by image. */
  readonly digests: ReadonlyMap<string, string>;
  /** What is to be known of them, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * What a run's masks are made of: its version's drawings, or the masks of the run that it trains again.
 *
 * @param members of the version, as they are stored
 * @throws ReadroomError `changedSince` where drawings are others than those of the version
 */
export async function maskTruths(
  session: ProjectSession,
  run: { version: DatasetVersion; classes: readonly RunClass[]; rerunOf: string | null },
  members: readonly DatasetMember[],
): Promise<MaskTruths> {
  const { version, rerunOf } = run;
  const learned = rerunOf === null ? null : learnedMasks(session, rerunOf);
  const drawn = await withDrawings(members, await session.drawings.all());
  if (learned) return { members: drawn, learned, digests: new Map(), notes: [] };
  const digests = await drawnDigests(session, drawn, namesOf(run.classes));
  const { drawings } = version.report;
  if (drawings !== undefined && drawings !== drawingsHash(digests)) throw drawingsChanged(rerunOf);
  const since =
    drawings === undefined ? 'of which it is not known whether they have changed' : 'which have not changed';
  const notes =
    rerunOf === null
      ? []
      : [
          `The masks of run ${rerunOf} are not in its folder any more: they were made again from drawings, ${since}.`,
        ];
  return { members: drawn, learned: null, digests, notes };
}

/** What classes are called in digests of a run's drawings. */
export const namesOf = (classes: readonly RunClass[]): ReadonlyMap<string | null, string> =>
  new Map(classes.map(({ id, name }) => [id, name]));

/** @param rerunOf the run whose masks are gone; null where none is trained again */
export function drawingsChanged(rerunOf: string | null): ReadroomError {
  return rerunOf === null
    ? new ReadroomError(
        'changedSince',
        'Drawings have changed since the run was started.',
        'Start a new training, which learns what is drawn now: this one cannot be resumed.',
      )
    : new ReadroomError(
        'changedSince',
        `The masks of run ${rerunOf} are not in its folder any more, and drawings have changed since, so it cannot be trained again.`,
        'Train anew: that learns what is drawn now.',
      );
}

/** Null where they are not in the run's folder any more. */
function learnedMasks(session: ProjectSession, run: string): LearnedMasks | null {
  const folder = runFolderOf(session.folder, run);
  if (!existsSync(folder.manifest)) return null;
  const { masks, rows } = readManifest(folder);
  const file = masks && path.join(folder.root, masks.file);
  if (!file || !existsSync(file)) return null;
  const all = [...rows.train, ...rows.val, ...rows.test];
  return { file, slots: new Map(all.map(({ image, label }) => [image, classOf(label)])) };
}
