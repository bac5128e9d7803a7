import { type Duplicates, mostDuplicateGroups, mostImagesOfGroup } from '../../contract/dataset.ts';
import { findDuplicates } from '../../core/duplicates.ts';
import type { JobContext } from '../jobs.ts';
import type { ProjectSession } from '../project/session.ts';
import { inTurns } from '../turns.ts';

/** Finds images that show the same. Changes nothing; a cancel ends it within a turn. */
export async function findDuplicateImages(
  session: ProjectSession,
  distance: number,
  context: JobContext,
): Promise<Duplicates> {
  context.progress(0, 1, 'Reading hashes');
  const images = await session.dataset.likenesses();
  const progress = (share: number): void => context.progress(share, 1, 'Comparing hashes');
  const groups = await inTurns(findDuplicates(images, distance, progress), context.signal);
  return {
    total: groups.length,
    groups: groups.slice(0, mostDuplicateGroups).map((group) => ({
      ...group,
      n: group.images.length,
      images: group.images.slice(0, mostImagesOfGroup),
    })),
    withoutHash: images.filter(({ differenceHash }) => differenceHash === null).length,
  };
}
