import { v7 as uuid } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';
import type { LabelClass } from '../../contract/project.ts';
import { nextColor, nextKey, paletteColor } from '../../core/class-palette.ts';
import type { ProjectDatabase } from './open.ts';

/** A class with what tells whether it is still in use. */
export interface StoredClass extends LabelClass {
  /** ISO 8601; null: in use. */
  retiredAt: string | null;
}

/** The classes of a project. Positions of those in use are 0, 1, 2, …; a retired class keeps its row for old labels and runs. */
export function createClassRepository({ handle }: ProjectDatabase) {
  const selectClasses = handle.prepare<[], StoredClass>(
    `SELECT id, name, position, color, key, retired_at AS retiredAt FROM class
     ORDER BY retired_at IS NOT NULL, position, id`,
  );
  const dropKeys = handle.prepare('UPDATE class SET key = NULL WHERE key IS NOT NULL');
  const putClass = handle.prepare(
    `INSERT INTO class (id, name, position, color, key, retired_at)
     VALUES (@id, @name, @position, @color, @key, @retiredAt)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, position = excluded.position, color = excluded.color,
       key = excluded.key, retired_at = excluded.retired_at`,
  );
  const raiseSchemaVersion = handle.prepare(
    'UPDATE project SET class_schema_version = class_schema_version + 1',
  );
  const countRecords = handle
    .prepare<[string], number>('SELECT count(*) FROM record WHERE class_id = ?')
    .pluck();

  // A project of an older schema has no colours: they follow from the position until classes are saved.
  const allClasses = (): StoredClass[] =>
    selectClasses
      .all()
      .map((entry) => ({ ...entry, color: entry.color === '' ? paletteColor(entry.position) : entry.color }));
  const classes = (): LabelClass[] =>
    allClasses()
      .filter(({ retiredAt }) => retiredAt === null)
      .map(({ id, name, position, color, key }) => ({ id, name, position, color, key }));

  function saveClasses(entries: readonly StoredClass[], newSchema: boolean): void {
    handle
      .transaction(() => {
        // Keys are unique, and two classes may have changed theirs with each other.
        dropKeys.run();
        for (const entry of entries) putClass.run(entry);
        if (newSchema) raiseSchemaVersion.run();
      })
      .immediate();
  }

  return {
    /** Those in use, in their order. */
    classes,

    /** Those in use, then the retired ones. */
    allClasses,

    /** Names by id, of retired classes too. */
    classNames: (): Map<string, string> => new Map(allClasses().map(({ id, name }) => [id, name])),

    /** How many images have a class as their label of record. */
    countLabelled: (id: string): number => countRecords.get(id)!,

    /** Version of the class list, part of every dataset version. */
    classSchemaVersion: (): number =>
      handle.prepare('SELECT class_schema_version FROM project').pluck().get() as number,

    /** Replaces the whole list. `newSchema`: names, order or membership changed. */
    saveClasses,

    /** Adds classes behind those that exist, each with a colour and a key of its own while there are any. */
    addClasses(names: readonly string[]): LabelClass[] {
      const entries = allClasses();
      for (const name of names) {
        const inUse = entries.filter(({ retiredAt }) => retiredAt === null);
        const look = { color: nextColor(inUse), key: nextKey(inUse) };
        entries.push({ id: uuid(), name, position: inUse.length, ...look, retiredAt: null });
      }
      saveClasses(entries, true);
      return classes();
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
