import { v7 as uuid } from 'uuid';

import { type ImageQuery, imageQuerySchema, type SavedView } from '../../contract/image.ts';
import type { ReadingPlace } from '../../contract/label.ts';
import type { ProjectDatabase } from './open.ts';

/** Saved views, and where readers left off. */
export function createViewRepository({ handle }: ProjectDatabase) {
  const list = handle.prepare<[], { id: string; name: string; query: string }>(
    'SELECT id, name, query FROM saved_view ORDER BY name',
  );
  const save = handle.prepare(
    `INSERT INTO saved_view (id, name, query, created_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET name = excluded.name, query = excluded.query`,
  );
  const remove = handle.prepare('DELETE FROM saved_view WHERE id = ?');
  const place = handle.prepare<[string], { image: string; query: string; at: string }>(
    'SELECT image_id AS image, query, at FROM reading_place WHERE reader_id = ?',
  );
  const leave = handle.prepare(
    `INSERT INTO reading_place (reader_id, image_id, query, at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET image_id = excluded.image_id, query = excluded.query, at = excluded.at`,
  );
  const parsed = (query: string): ImageQuery => imageQuerySchema.parse(JSON.parse(query));

  return {
    saved: (): SavedView[] => list.all().map((view) => ({ ...view, query: parsed(view.query) })),
    save: (name: string, query: ImageQuery): void =>
      void save.run(uuid(), name, JSON.stringify(query), new Date().toISOString()),
    remove: (id: string): void => void remove.run(id),
    place(readerId: string): ReadingPlace | null {
      const found = place.get(readerId);
      return found ? { ...found, query: parsed(found.query) } : null;
    },
    leave: (readerId: string, image: string, query: ImageQuery): void =>
      void leave.run(readerId, image, JSON.stringify(query), new Date().toISOString()),
  };
}
export type ViewRepository = ReturnType<typeof createViewRepository>;
