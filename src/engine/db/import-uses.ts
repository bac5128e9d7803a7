import { targetsOfImages } from './label-targets.ts';
import type { ProjectDatabase } from './open.ts';

/** What people did with the images of imports. */
export function createImportUses({ handle }: ProjectDatabase) {
  const hasWork = handle
    .prepare<{ id: string; actor: string; batch: string }, number>(
      `WITH own AS (SELECT id FROM image WHERE import_id = @id),
         target (kind, id) AS (${targetsOfImages('image.import_id = @id')}),
         made AS (SELECT reader_id, event_id FROM target
             CROSS JOIN label ON label.target_kind = target.kind AND label.target_id = target.id
           UNION ALL SELECT reader_id, event_id FROM own CROSS JOIN annotation ON annotation.image_id = own.id)
       SELECT EXISTS (SELECT 1 FROM made CROSS JOIN event ON event.id = made.event_id
           WHERE made.reader_id IN (SELECT id FROM reader WHERE kind = 'person' AND id <> @actor)
             AND event.batch <> @batch
             AND event.clock > (SELECT min(begun.clock) FROM event AS about
               JOIN event AS begun ON begun.batch = about.batch
               WHERE about.target_kind = 'import' AND about.target_id = @id))
         OR EXISTS (SELECT 1 FROM own CROSS JOIN reading_round
           JOIN worklist ON worklist.round_id = reading_round.id AND worklist.image_id = own.id)`,
    )
    .pluck();
  return {
    /**
     * Whether a round has images of an import, or somebody beside the actor has said or drawn anything of them or of
     * their series, study or patient since it began; what the batch itself brought does not count.
     */
    hasWork: (id: string, actor: string, batch: string): boolean => hasWork.get({ id, actor, batch }) === 1,
  };
}
