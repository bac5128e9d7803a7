import { closedRound } from '../../contract/round-id.ts';
import { concernsImage, labelTargets } from './label-targets.ts';
import type { ProjectDatabase } from './open.ts';
import type { StoredRound } from './round-repository.ts';
import type { State } from './state-keeper.ts';

/**
 * Rounds in their tables, as events say. They are opened and closed, and never taken back. The event that opens a round
 * holds its worklists too, so that copies that merge have the same ones; `worklist` is what stands of them, as `label`
 * is of words.
 */
export function createRoundStates({ handle }: ProjectDatabase) {
  const select = handle
    .prepare<[string], string>('SELECT definition FROM reading_round WHERE id = ?')
    .pluck();
  const closedAt = handle
    .prepare<[string], string | null>('SELECT closed_at FROM reading_round WHERE id = ?')
    .pluck();
  const insertRound = handle.prepare(
    `INSERT INTO reading_round (id, name, definition, status, opened_at) VALUES (?, ?, ?, 'open', ?)
     ON CONFLICT DO NOTHING`,
  );
  const insertPlace = handle.prepare(
    `INSERT INTO worklist (round_id, reader_id, place, image_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const close = handle.prepare(`UPDATE reading_round SET status = 'closed', closed_at = ? WHERE id = ?`);
  // Not the worklist's: of a series, study or patient that has one image only.
  const imagesOf = handle
    .prepare<{ round: string }, string>(
      labelTargets
        .map(
          (level) =>
            `SELECT image.id FROM label CROSS JOIN image ON ${concernsImage(level, 'label.target_id')}
             WHERE label.round = @round AND label.target_kind = '${level}'`,
        )
        .join('\nUNION '),
    )
    .pluck();

  return {
    current(id: string): State | null {
      const closing = closedRound(id);
      if (closing !== null) {
        const at = closedAt.get(closing) ?? null;
        return at === null ? null : { value: JSON.stringify({ closedAt: at }), event: null };
      }
      const definition = select.get(id);
      return definition === undefined ? null : { value: definition, event: null };
    },

    /** Returns the images whose words count from now on. */
    put(id: string, value: string | null): string[] {
      if (value === null) throw new Error('A round is never taken back');
      const closing = closedRound(id);
      if (closing !== null) {
        close.run((JSON.parse(value) as { closedAt: string }).closedAt, closing);
        return imagesOf.all({ round: closing });
      }
      const { worklists, ...definition } = JSON.parse(value) as StoredRound;
      insertRound.run(id, definition.name, JSON.stringify(definition), definition.openedAt);
      for (const { reader, images } of worklists)
        for (const [place, image] of images.entries()) insertPlace.run(id, reader, place, image);
      return [];
    },
  };
}
