import { ReadroomError } from '../../contract/errors.ts';
import { paletteColor } from '../../core/class-palette.ts';
import { createClassUses } from './class-uses.ts';
import type { ProjectDatabase } from './open.ts';
import type { State } from './state-keeper.ts';
import { isNewClassList, neverMade, type StoredClassValue } from './stored-value.ts';

/** Classes in `class`. */
export function createClassStates(database: ProjectDatabase) {
  const { handle } = database;
  const select = handle.prepare<[string], StoredClassValue>(
    `SELECT name, position, color, key, retired_at AS retiredAt, heir FROM class WHERE id = ?`,
  );
  const insert = handle.prepare(
    `INSERT INTO class (id, name, position, color, key, retired_at, heir)
     VALUES (@id, @name, @position, @color, @key, @retiredAt, @heir)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, position = excluded.position, color = excluded.color,
       key = excluded.key, retired_at = excluded.retired_at, heir = excluded.heir`,
  );
  const namesake = handle
    .prepare<[string, string], string>('SELECT name FROM class WHERE name = ? COLLATE NOCASE AND id <> ?')
    .pluck();
  const takeBack = handle.prepare(
    `UPDATE class SET retired_at = '${neverMade}', key = NULL, heir = NULL WHERE id = ?`,
  );
  const holderOf = handle.prepare<[string, string], { id: string; name: string }>(
    'SELECT id, name FROM class WHERE key = ? AND id <> ?',
  );
  const dropKey = handle.prepare('UPDATE class SET key = NULL WHERE id = ?');
  /** Classes that lost their key to another one in the action that goes on: each gets one by an event of its own. */
  const keyless = new Map<string, { key: string; name: string }>();
  const raiseSchemaVersion = handle.prepare(
    'UPDATE project SET class_schema_version = class_schema_version + 1',
  );
  const uses = createClassUses(database);

  /** A class goes only while no label or shape names it, unless another one takes over its labels. */
  function refuseLosing(id: string, before: StoredClassValue): void {
    if (!uses.isNamed(id)) return;
    throw new ReadroomError(
      'changedSince',
      `By now labels or drawings of readers are of the class "${before.name}".`,
      'Change them first, or merge the class into another.',
    );
  }

  /** Two persons may have merged two classes into each other, of whom one had taken it back. */
  function refuseCircle(id: string, heir: string | null): void {
    for (let next = heir; next !== null; next = select.get(next)?.heir ?? null) {
      if (next !== id) continue;
      throw new ReadroomError(
        'changedSince',
        `"${select.get(heir!)!.name}" was merged into this class by now.`,
        'Have that merge taken back first.',
      );
    }
  }

  const raiseVersion = (): void => void raiseSchemaVersion.run();
  const setAside = handle.prepare('UPDATE class SET name = id, key = NULL WHERE id = ?');

  return {
    /** Brings classes to these values; returns those whose heir is another. */
    putAll(values: ReadonlyMap<string, StoredClassValue>): string[] {
      const changed = [...values].flatMap(([id, after]) => {
        const before = select.get(id) ?? null;
        const isSame = before !== null && classValueText(before) === classValueText(after);
        return isSame ? [] : [{ id, before, after }];
      });
      // So that names and keys can change places.
      for (const { id } of changed) setAside.run(id);
      // An heir may be a class that comes after.
      for (const { id, after } of changed) insert.run({ id, ...after, heir: null });
      for (const { id, after } of changed) insert.run({ id, ...after });
      if (changed.some(({ before, after }) => isNewClassList(before, after))) raiseVersion();
      return changed.filter(({ before, after }) => (before?.heir ?? null) !== after.heir).map(({ id }) => id);
    },
    current(id: string): State | null {
      const row = select.get(id);
      return row && row.retiredAt !== neverMade ? { value: classValueText(row), event: null } : null;
    },
    /** @throws ReadroomError `changedSince` for a name that another class took, a class that goes while labels or shapes name it, heirs in a circle */
    put(id: string, value: string | null): { newSchema: boolean; heirChanged: boolean } {
      const before = select.get(id);
      const after = value === null ? null : (JSON.parse(value) as StoredClassValue);
      const taken = after && namesake.get(after.name, id);
      if (taken !== null && taken !== undefined) {
        throw new ReadroomError(
          'changedSince',
          `There is another class "${taken}" by now.`,
          'Rename that one first.',
        );
      }
      const inUse = (row: StoredClassValue | null | undefined): boolean => row?.retiredAt === null;
      if (before && inUse(before) && !inUse(after) && !after?.heir) refuseLosing(id, before);
      if (after) refuseCircle(id, after.heir);
      const holder = typeof after?.key === 'string' ? holderOf.get(after.key, id) : undefined;
      if (holder) {
        dropKey.run(holder.id);
        keyless.set(holder.id, { key: after!.key!, name: holder.name });
      }
      keyless.delete(id);
      if (after) insert.run({ id, ...after });
      else takeBack.run(id);
      const heirChanged = (before?.heir ?? null) !== (after?.heir ?? null);
      const newSchema = isNewClassList(before ?? null, after);
      return { newSchema, heirChanged };
    },
    begin: (): void => keyless.clear(),
    /** Ends an action. @throws ReadroomError `changedSince` when it took the key of a class that it says nothing of */
    settle(): void {
      for (const { key, name } of keyless.values()) {
        throw new ReadroomError(
          'changedSince',
          `The key ${key} labels with "${name}" by now.`,
          'Give that class another key first.',
        );
      }
    },
    raiseSchemaVersion: raiseVersion,
    imagesNaming: uses.imagesNaming,
  };
}

/** A class as events hold it. */
export function classValueText({ name, position, color, key, retiredAt, heir }: StoredClassValue): string {
  const shown = color === '' ? paletteColor(position) : color;
  return JSON.stringify({ name, position, color: shown, key, retiredAt, heir });
}
