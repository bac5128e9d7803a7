import { v7 as uuid } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';
import type { LabelClass } from '../../contract/project.ts';
import { nextColor, nextKey, paletteColor } from '../../core/class-palette.ts';
import { heirOf } from '../../core/label-record.ts';
import { isBlinded } from './blinding.ts';
import { createHeirsReading } from './class-heirs.ts';
import { createClassUses } from './class-uses.ts';
import type { ProjectDatabase } from './open.ts';

/** A class with what tells whether it is still in use. */
export interface StoredClass extends LabelClass {
  /** ISO 8601; null: in use. Empty when its making was taken back. */
  retiredAt: string | null;
  /** The class that its labels count as; null: none, they are its own. */
  heir: string | null;
}

/** An event on a class, with values as JSON. */
export interface ClassEvent {
  batch: string;
  actor: string;
  at: string;
  kind: 'set' | 'undo' | 'redo';
  class: string;
  from: string | null;
  to: string | null;
}

/**
 * The classes of a project. A retired class keeps its row for old labels and runs. Stored positions order the classes
 * and may have gaps, as two persons add and take back; those that are told are 0, 1, 2, …
 */
export function createClassRepository(database: ProjectDatabase) {
  const { handle } = database;
  const uses = createClassUses(database);
  const selectClasses = handle.prepare<[], StoredClass>(
    `SELECT id, name, position, color, key, retired_at AS retiredAt, heir FROM class
     ORDER BY retired_at IS NOT NULL, position, id`,
  );
  const insertClass = handle.prepare(
    'INSERT INTO class (id, name, position, color, key) VALUES (@id, @name, @position, @color, @key)',
  );
  const countSingle = handle
    .prepare<[string], number>('SELECT count(*) FROM record WHERE class_id = ?')
    .pluck();
  const countMulti = handle
    .prepare<[string], number>("SELECT count(*) FROM record WHERE instr(classes, '\"' || ? || '\"') > 0")
    .pluck();
  const countShapes = handle
    .prepare<[string], number>(
      `SELECT count(*) FROM annotation JOIN image ON image.id = annotation.image_id AND image.removed = 0
       WHERE class_id IN (SELECT value FROM json_each(?))
         AND NOT ${isBlinded('annotation.round')}`,
    )
    .pluck();
  const selectEvents = handle.prepare<[], ClassEvent>(
    `SELECT event.batch, reader.name AS actor, event.at, event.kind, event.target_id AS class,
       event.from_value AS "from", event.to_value AS "to"
     FROM event JOIN reader ON reader.id = event.actor_id WHERE event.target_kind = 'class'
     ORDER BY event.clock DESC, event.replica_id DESC`,
  );

  const selectKeyBefore = handle
    .prepare<[string], string | null>(
      `SELECT from_value ->> '$.key' FROM event
       WHERE target_kind = 'class' AND target_id = ? AND from_value ->> '$.retiredAt' IS NULL
         AND to_value ->> '$.retiredAt' <> '' ORDER BY clock DESC, replica_id DESC LIMIT 1`,
    )
    .pluck();

  // A project of an older schema has no colours: they follow from the position until classes are changed.
  const allClasses = (): StoredClass[] =>
    selectClasses
      .all()
      .map((entry) => ({ ...entry, color: entry.color === '' ? paletteColor(entry.position) : entry.color }));
  const classes = (): LabelClass[] =>
    allClasses()
      .filter(({ retiredAt }) => retiredAt === null)
      .map(({ id, name, color, key }, position) => ({ id, name, position, color, key }));
  const heirs = createHeirsReading(database);

  return {
    /** Those in use, in their order. */
    classes,

    /** Those in use, then the retired ones. */
    allClasses,

    /** Names by id, of retired classes too. */
    classNames: (): Map<string, string> => new Map(allClasses().map(({ id, name }) => [id, name])),

    /** Classes that were merged or split up, with the class that their labels count as (`heirOf`). */
    heirs,

    /**
     * Names by id as labels are shown now: a class that was merged or split up has its heir's name. For words of
     * readers and shapes; what says how something once was takes `classNames`.
     */
    shownClassNames(): Map<string, string> {
      const entries = allClasses();
      const names = new Map(entries.map(({ id, name }) => [id, name]));
      const after = heirs();
      return new Map(entries.map(({ id }) => [id, names.get(heirOf(id, after))!]));
    },

    /**
     * How many images have a class in their label of record, and how many shapes are of it but for those of rounds that
     * are still blinded; `named`: whether any word or shape at all names it.
     */
    usesOf(id: string): { images: number; shapes: number; named: boolean } {
      const after = heirs();
      const same = allClasses().filter((entry) => heirOf(entry.id, after) === id);
      const ids = JSON.stringify(same.map((entry) => entry.id));
      const images = countSingle.get(id)! + countMulti.get(id)!;
      return { images, shapes: countShapes.get(ids)!, named: uses.isNamed(id) };
    },

    /** Version of the class list, part of every dataset version. */
    classSchemaVersion: (): number =>
      handle.prepare('SELECT class_schema_version FROM project').pluck().get() as number,

    /** Everything that the journal knows of classes, newest first. */
    classEvents: (): ClassEvent[] => selectEvents.all(),

    /** The key that a class had when it was last taken out of use; null: none. */
    keyBefore: (id: string): string | null => selectKeyBefore.get(id) ?? null,

    /** Adds the classes that a project is made with, which nobody did and nobody takes back. */
    addClasses(names: readonly string[]): LabelClass[] {
      const added: LabelClass[] = [];
      for (const [position, name] of names.entries()) {
        added.push({ id: uuid(), name, position, color: nextColor(added), key: nextKey(added) });
      }
      for (const entry of added) insertClass.run(entry);
      return added;
    },

    /** The class with this name in any case. @throws ReadroomError `unknownClass` */
    classNamed(name: string): LabelClass {
      const inUse = classes();
      const wanted = name.trim().toLowerCase();
      const found = inUse.find((entry) => entry.name.toLowerCase() === wanted);
      if (found) return found;
      const known = inUse.map((entry) => entry.name).join(', ') || 'none yet';
      throw new ReadroomError(
        'unknownClass',
        `There is no class "${name}".`,
        `The project's classes: ${known}.`,
      );
    },
  };
}
