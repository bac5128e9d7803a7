import { forEachInSteps } from '../../core/steps.ts';
import type { Drawn, MemberLabel } from '../../core/split-strata.ts';
import type { DatasetMember, DatasetVersion, SplitCandidate } from '../db/dataset-repository.ts';
import type { ProjectSession } from '../project/session.ts';
import { inTurns, mapInTurns } from '../turns.ts';

/** All images with their labels and what is drawn on them. */
export async function candidatesOf({ dataset, drawings }: ProjectSession): Promise<SplitCandidate[]> {
  const candidates = await dataset.candidates();
  return withDrawings(candidates, await drawings.all());
}

/** Images with what is drawn on them now. */
export function withDrawings<T extends { image: string }>(
  list: readonly T[],
  drawings: ReadonlyMap<string, Drawn>,
): Promise<(T & Pick<MemberLabel, 'drawn'>)[]> {
  return mapInTurns(list, (one) => {
    const drawn = drawings.get(one.image);
    return drawn === undefined ? one : { ...one, drawn };
  });
}

export function labelOf({ classId, classes, number, drawn }: MemberLabel): MemberLabel {
  return { classId, classes, number, ...(drawn && { drawn }) };
}

/** A version's members that are still there, with today's labels, and all images by their id. */
export async function membersToday(
  session: ProjectSession,
  version: DatasetVersion,
): Promise<{
  candidates: SplitCandidate[];
  byImage: Map<string, SplitCandidate>;
  members: DatasetMember[];
  /** How many images were taken back with their import. */
  gone: number;
}> {
  const candidates = await candidatesOf(session);
  const byImage = await indexByImage(candidates);
  const all = await session.dataset.membersInTurns(version);
  const there = all.filter(({ image }) => byImage.has(image));
  const members = await mapInTurns(there, (member) => {
    return { ...member, ...labelOf(byImage.get(member.image)!) };
  });
  return { candidates, byImage, members, gone: all.length - there.length };
}

/** A list by the ids of its images. */
export async function indexByImage<T extends { image: string }>(list: readonly T[]): Promise<Map<string, T>> {
  const index = new Map<string, T>();
  await inTurns(forEachInSteps(list, (item) => void index.set(item.image, item)));
  return index;
}
