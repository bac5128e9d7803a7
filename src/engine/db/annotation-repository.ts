import { isBlinded } from './blinding.ts';
import type { ProjectDatabase } from './open.ts';
import type { StoredAnnotation } from './stored-value.ts';

/** A shape that stands, and whose it is. */
export interface AnnotationRow {
  id: string;
  image: string;
  /** Reader id. */
  reader: string;
  readerName: string;
  round: string;
  value: StoredAnnotation;
  /** When it was last changed, ISO 8601. */
  at: string;
}

type Columns = Omit<AnnotationRow, 'value'> & { value: string };

/** Shapes on images. Those on images whose import was taken back are nowhere. */
export function createAnnotationRepository({ handle }: ProjectDatabase) {
  const columns = `annotation.id, annotation.image_id AS image, annotation.reader_id AS reader,
    reader.name AS readerName, annotation.round, annotation.value, event.at
    FROM annotation JOIN image ON image.id = annotation.image_id AND image.removed = 0
    JOIN reader ON reader.id = annotation.reader_id JOIN event ON event.id = annotation.event_id`;
  // In the order in which they were first drawn: a shape that is changed keeps its place.
  const oldestFirst = `ORDER BY (SELECT min(position) FROM event WHERE target_kind = 'annotation' AND target_id = annotation.id)`;
  const isShown = `NOT ${isBlinded('annotation.round')}`;
  const ofReader = handle.prepare<[string, string, string], Columns>(
    `SELECT ${columns} WHERE annotation.image_id = ? AND annotation.reader_id = ? AND annotation.round = ? ${oldestFirst}`,
  );
  const ofImage = handle.prepare<[string], Columns>(
    `SELECT ${columns} WHERE annotation.image_id = ? AND ${isShown} ${oldestFirst}`,
  );
  const byIds = handle.prepare<[string], Columns>(
    `SELECT ${columns} WHERE annotation.id IN (SELECT value FROM json_each(?))`,
  );
  const pictureOf = handle.prepare<[string], { width: number; height: number }>(
    'SELECT width, height FROM image WHERE id = ? AND removed = 0',
  );
  const read = ({ value, ...row }: Columns): AnnotationRow => ({
    ...row,
    value: JSON.parse(value) as StoredAnnotation,
  });

  return {
    /** A reader's shapes on an image in a round, oldest first. */
    ofReader: (image: string, reader: string, round: string): AnnotationRow[] =>
      ofReader.all(image, reader, round).map(read),

    /** Everybody's shapes on an image, oldest first; not those of rounds that are still blinded. */
    ofImage: (image: string): AnnotationRow[] => ofImage.all(image).map(read),

    /** Those of the shapes that stand, in no order. */
    byIds: (ids: readonly string[]): AnnotationRow[] => byIds.all(JSON.stringify(ids)).map(read),

    /** Pixels of an image. */
    pictureOf: (image: string): { width: number; height: number } | null => pictureOf.get(image) ?? null,
  };
}
export type AnnotationRepository = ReturnType<typeof createAnnotationRepository>;
