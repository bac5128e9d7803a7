import { existsSync } from 'node:fs';

import { ReadroomError } from '../../contract/errors.ts';
import type { ResolvedRecipe } from '../../contract/recipe.ts';
import type { SplitPart } from '../../contract/split.ts';
import { counted } from '../../core/words.ts';
import type { DatasetVersion } from '../db/dataset-repository.ts';
import type { ProjectSession } from '../project/session.ts';
import type { KeptWeights } from '../weights/kept-weights.ts';
import { readManifest, runFolderOf } from './run-folder.ts';
import { findStartWeights } from './start-weights.ts';

type Parts = Readonly<Record<SplitPart, readonly { readonly image: string }[]>>;

/**
 * Refuses weights that have learned from patients whom the new training is judged by, or were chosen by patients of its
 * test part: its figures would be inflated, though its own parts share nobody. The runs that those weights themselves
 * began with count as well. What weights of elsewhere have seen is not known here.
 *
 * @throws ReadroomError `splitLeak`, and what `findStartWeights` throws
 */
export async function refuseStartLeak(
  session: ProjectSession,
  { transfer }: Pick<ResolvedRecipe, 'transfer'>,
  { version, parts }: { version: DatasetVersion; parts: Parts },
  keptWeights: KeptWeights,
): Promise<void> {
  if (transfer.weights === null) return;
  const before = await runsBefore(session, transfer.weights, keptWeights);
  if (before.length === 0) return;
  const groups = version.splitBy === 'patient' ? session.dataset.groupKeys() : new Map<string, string>();
  const groupOf = ({ image }: { image: string }): string => groups.get(image) ?? image;
  for (const run of before) {
    const { rows } = readManifest(runFolderOf(session.folder, run));
    const [learned, chosenBy] = [new Set(rows.train.map(groupOf)), new Set(rows.val.map(groupOf))];
    const judging = new Set([
      ...[...parts.val, ...parts.test].map(groupOf).filter((group) => learned.has(group)),
      ...parts.test.map(groupOf).filter((group) => chosenBy.has(group)),
    ]);
    if (judging.size === 0) continue;
    const name = session.runs.get(run).name;
    const whom = counted(judging.size, version.splitBy === 'patient' ? 'patient' : 'image');
    throw new ReadroomError(
      'splitLeak',
      `The starting weights come from run ${name}, which has seen ${whom} that this training would be judged by: its figures would be inflated.`,
      'Start from a run of the same split and fold, from other weights, or from scratch.',
      { run, seen: judging.size },
    );
  }
}

/** The runs of this project that weights come from, the latest first. */
async function runsBefore(
  session: ProjectSession,
  weights: string,
  keptWeights: KeptWeights,
): Promise<string[]> {
  const found: string[] = [];
  let at: string | null = weights;
  while (at !== null) {
    const { run } = await findStartWeights(session, at, keptWeights);
    if (run === null) break;
    if (existsSync(runFolderOf(session.folder, run).manifest)) found.push(run);
    const { transfer } = session.runs.get(run).recipe as ResolvedRecipe;
    // What an earlier run began with may be gone from this machine by now.
    at =
      transfer.weights !== null && (await isThere(session, transfer.weights, keptWeights))
        ? transfer.weights
        : null;
  }
  return found;
}

const isThere = (session: ProjectSession, weights: string, keptWeights: KeptWeights): Promise<boolean> =>
  findStartWeights(session, weights, keptWeights).then(
    () => true,
    () => false,
  );
