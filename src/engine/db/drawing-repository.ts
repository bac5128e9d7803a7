import { createHash } from 'node:crypto';

import type { Shape } from '../../contract/annotation.ts';
import { heirOf } from '../../core/label-record.ts';
import type { Drawn } from '../../core/split-strata.ts';
import { allPages } from '../turns.ts';
import { isBlinded } from './blinding.ts';
import { createHeirsReading } from './class-heirs.ts';
import type { ProjectDatabase } from './open.ts';

/** A closed shape of a class in use that counts for its image. */
export interface DrawnShape {
  image: string;
  /** Id, after heirs. */
  class: string;
  shape: Exclude<Shape, { kind: 'point' }>;
}

interface DrawingColumns {
  id: string;
  image: string;
  reader: string;
  isPerson: 0 | 1;
  class: string;
}

const drawingsPerTurn = 1000;

/** SHA-256 of an image's shapes, hex. */
export function digestOfDrawing(shapes: readonly DrawnShape[], nameOf: (classId: string) => string): string {
  const texts = shapes.map(({ class: id, shape }) => JSON.stringify([nameOf(id), shape])).sort();
  return createHash('sha256').update(texts.join('\n')).digest('hex');
}

/**
 * The drawings of record, which masks are made of: boxes, outlines and masks of a class in use, as they stand now. What
 * persons drew on an image goes before what was imported; of several persons all of it counts. Shapes of rounds that are
 * still blinded are none.
 */
export function createDrawingRepository(database: ProjectDatabase) {
  const { handle } = database;
  const heirs = createHeirsReading(database);
  const columns = `annotation.id, annotation.image_id AS image, annotation.reader_id AS reader, reader.kind = 'person' AS isPerson,
    annotation.class_id AS class`;
  const isDrawing = `annotation.class_id IS NOT NULL AND annotation.value ->> '$.shape.kind' <> 'point'
    AND NOT ${isBlinded('annotation.round')}`;
  const page = handle.prepare<[string, string, number], DrawingColumns>(
    `SELECT ${columns} FROM annotation JOIN reader ON reader.id = annotation.reader_id
     WHERE (annotation.image_id, annotation.id) > (?, ?) AND ${isDrawing}
     ORDER BY annotation.image_id, annotation.id LIMIT ?`,
  );
  const onImages = handle.prepare<[string], DrawingColumns & { shape: string }>(
    `SELECT ${columns}, annotation.value -> '$.shape' AS shape
     FROM json_each(?) AS asked CROSS JOIN annotation ON annotation.image_id = asked.value
     JOIN reader ON reader.id = annotation.reader_id WHERE ${isDrawing} ORDER BY asked.key, annotation.id`,
  );
  const imagesWith = handle
    .prepare<[string], number>(
      `WITH RECURSIVE same (id) AS (SELECT ? UNION SELECT class.id FROM class JOIN same ON class.heir = same.id)
       SELECT count(DISTINCT image_id) FROM annotation
       JOIN image ON image.id = annotation.image_id AND image.removed = 0
       WHERE class_id IN (SELECT id FROM same) AND NOT ${isBlinded('annotation.round')}`,
    )
    .pluck();
  const inUse = handle.prepare<[], string>('SELECT id FROM class WHERE retired_at IS NULL').pluck();

  /** Those of some images that count, with the class that they count as. */
  function ofRecord<T extends DrawingColumns>(drawings: readonly T[]): Map<string, T[]> {
    const merged = heirs();
    const classes = new Set(inUse.all());
    const counting = drawings
      .map((one) => ({ ...one, class: heirOf(one.class, merged) }))
      .filter((one) => classes.has(one.class));
    const byImage = Map.groupBy(counting, ({ image }) => image);
    for (const [image, list] of byImage) {
      const ofPersons = list.filter(({ isPerson }) => isPerson === 1);
      if (ofPersons.length > 0) byImage.set(image, ofPersons);
    }
    return byImage;
  }

  function shapesOn(images: readonly string[]): Map<string, DrawnShape[]> {
    const found = ofRecord(onImages.all(JSON.stringify(images)));
    return new Map(
      [...found].map(([image, list]) => [
        image,
        list.map(({ class: classId, shape }): DrawnShape => ({
          ...{ image, class: classId },
          shape: JSON.parse(shape) as DrawnShape['shape'],
        })),
      ]),
    );
  }

  return {
    /** What is drawn on every image that is drawn on, read a page a turn. */
    async all(): Promise<Map<string, Drawn>> {
      const rows = await allPages((last: DrawingColumns | undefined) =>
        page.all(last?.image ?? '', last?.id ?? '', drawingsPerTurn),
      );
      return new Map(
        [...ofRecord(rows)].map(([image, list]) => {
          const classes = [...new Set(list.map((one) => one.class))].sort();
          return [image, { classes, readers: new Set(list.map(({ reader }) => reader)).size }];
        }),
      );
    },

    /** How many images a shape of the class, or of one that it is the heir of, is drawn on; points count too. */
    imagesWith: (classId: string): number => imagesWith.get(classId) ?? 0,

    /** The shapes on some images, by image. An image may have many: ask for few. */
    shapesOn,

    /**
     * SHA-256 of what is drawn on each of some images, hex, by image; none for one that is not drawn on. Equal where the
     * same shapes are of classes called the same.
     */
    digests(images: readonly string[], nameOf: (classId: string) => string): Map<string, string> {
      return new Map(
        [...shapesOn(images)].map(([image, shapes]) => [image, digestOfDrawing(shapes, nameOf)]),
      );
    },
  };
}
export type DrawingRepository = ReturnType<typeof createDrawingRepository>;
