import type { LabelLevel } from '../../contract/project.ts';
import type { Target } from './journal-keepers.ts';
import { concernsImage, isLabelTarget, perLevel, targetIdOf } from './label-targets.ts';
import type { ProjectDatabase } from './open.ts';
import { parseValue, type StoredValue } from './stored-value.ts';

/** An image, and the id of what a word on it is said of; null: it belongs to no such thing. */
export interface ImageTarget {
  image: string;
  target: string | null;
}

/** Which series, study and patient images belong to, and which images these have. */
export function createTargetRepository({ handle }: ProjectDatabase) {
  const targets = perLevel((level) =>
    handle.prepare<[string], ImageTarget>(
      `SELECT image.id AS image, ${targetIdOf[level]} AS target
       FROM json_each(?) AS asked CROSS JOIN image ON image.id = asked.value AND image.removed = 0
       ORDER BY asked.key`,
    ),
  );
  const word = handle
    .prepare<[string, string, string, string], string>(
      'SELECT value FROM label WHERE target_kind = ? AND target_id = ? AND reader_id = ? AND round = ?',
    )
    .pluck();
  const recordClasses = handle.prepare<[string], { class: string | null; classes: string | null }>(
    'SELECT class_id AS class, classes FROM record WHERE image_id = ?',
  );
  const imagesOf = (condition: string) =>
    handle
      .prepare<[string], string>(
        `SELECT image.id FROM json_each(?) AS asked CROSS JOIN image ON ${condition} ORDER BY asked.key, image.rowid`,
      )
      .pluck();
  const images = {
    ...perLevel((level) => imagesOf(`${concernsImage(level, 'asked.value')} AND image.removed = 0`)),
    // Those that were taken back too: that is what happened to them.
    import: imagesOf('image.import_id = asked.value'),
    annotation: handle
      .prepare<[string], string>(
        `SELECT DISTINCT coalesce(event.to_value, event.from_value) ->> '$.image' FROM json_each(?) AS asked
         CROSS JOIN event ON event.target_kind = 'annotation' AND event.target_id = asked.value`,
      )
      .pluck(),
  };

  return {
    /** What a word on each of those images that are there is said of at a level, in the order given. */
    targetsOf: (images: readonly string[], level: LabelLevel): ImageTarget[] =>
      targets[level].all(JSON.stringify(images)),

    /** Those of some images that are there: not taken back with their import. */
    present: (images: readonly string[]): string[] =>
      targets.image.all(JSON.stringify(images)).map(({ image }) => image),

    /** A reader's word on a target in a round. */
    word: (level: LabelLevel, target: string, reader: string, round: string): StoredValue | null =>
      parseValue(word.get(level, target, reader, round) ?? null),

    /** Ids of the classes that an image's label of record names; null where there is none or it is a number. */
    recordClasses(image: string): string[] | null {
      const { class: id = null, classes = null } = recordClasses.get(image) ?? {};
      if (id !== null) return [id];
      return classes === null ? null : (JSON.parse(classes) as string[]);
    },

    /** Images that targets of one kind concern, each once; none for classes, settings and rounds. */
    imagesOf(targets: readonly Target[]): string[] {
      const kind = targets[0]?.kind;
      const ids = targets.map(({ id }) => id);
      if (kind === 'image') return ids;
      if (kind === 'import' || kind === 'annotation' || (kind && isLabelTarget(kind)))
        return [...new Set(images[kind].all(JSON.stringify(ids)))];
      return [];
    },
  };
}
export type TargetRepository = ReturnType<typeof createTargetRepository>;
