import { v7 as uuid } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';
import type { LabelClass } from '../../contract/project.ts';
import { nextColor, nextKey } from '../../core/class-palette.ts';
import { counted } from '../../core/words.ts';
import type { StoredClass } from '../db/class-repository.ts';
import type { ProjectSession } from './session.ts';

/** What a person says of a class; what is left out is chosen, or stays. */
export interface ClassLook {
  color?: string;
  key?: string | null;
}

const mostClasses = 1000;

const inUse = (entries: readonly StoredClass[]): StoredClass[] =>
  entries.filter(({ retiredAt }) => retiredAt === null);

function refuseTaken(
  entries: readonly StoredClass[],
  id: string | null,
  look: ClassLook & { name?: string },
): void {
  const others = inUse(entries).filter((entry) => entry.id !== id);
  const namesake = others.find(({ name }) => name.toLowerCase() === look.name?.toLowerCase());
  if (namesake) {
    throw new ReadroomError(
      'usage',
      `There is a class "${namesake.name}" already.`,
      'Names differ by more than case. Choose another name.',
    );
  }
  const { key } = look;
  const holder = typeof key === 'string' && others.find((entry) => entry.key === key);
  if (holder) {
    throw new ReadroomError(
      'usage',
      `The key ${key} labels with "${holder.name}" already.`,
      `Choose another key, or take it from "${holder.name}" first.`,
    );
  }
}

function find(entries: readonly StoredClass[], id: string): StoredClass {
  const found = inUse(entries).find((entry) => entry.id === id);
  if (found) return found;
  throw new ReadroomError(
    'unknownClass',
    `There is no class "${id}".`,
    'It may have been taken out of use: read the classes again.',
  );
}

function renumbered(entries: readonly StoredClass[]): StoredClass[] {
  return entries.map((entry, position) => ({ ...entry, position }));
}

/**
 * Adds a class behind the others. The name of a retired class brings that one back, with the labels it had.
 * @throws ReadroomError `usage` for a name or key that another class has; `projectReadOnly`
 */
export function addClass(session: ProjectSession, name: string, look: ClassLook): LabelClass[] {
  session.writing();
  const { projects } = session;
  const entries = projects.allClasses();
  const present = inUse(entries);
  refuseTaken(entries, null, { name, ...look });
  if (present.length >= mostClasses) {
    throw new ReadroomError(
      'usage',
      `The project has ${mostClasses} classes; more are not possible.`,
      'Take a class out of use first.',
    );
  }
  const retired = entries.find((entry) => entry.name.toLowerCase() === name.toLowerCase());
  const added: StoredClass = {
    id: retired?.id ?? uuid(),
    name,
    position: present.length,
    color: look.color ?? nextColor(present),
    key: look.key === undefined ? nextKey(present) : look.key,
    retiredAt: null,
  };
  projects.saveClasses([...entries.filter(({ id }) => id !== added.id), added], true);
  return projects.classes();
}

/** Changes name, colour or key. @throws ReadroomError `usage`, `unknownClass`, `projectReadOnly` */
export function changeClass(
  session: ProjectSession,
  id: string,
  change: ClassLook & { name?: string },
): LabelClass[] {
  session.writing();
  const { projects } = session;
  const entries = projects.allClasses();
  const before = find(entries, id);
  refuseTaken(entries, id, change);
  const retired = entries.find(
    (entry) => entry.retiredAt !== null && entry.name.toLowerCase() === change.name?.toLowerCase(),
  );
  if (retired) {
    throw new ReadroomError(
      'usage',
      `A class "${retired.name}" was taken out of use, and earlier labels and runs still name it.`,
      'Choose another name, or add that class again.',
    );
  }
  const after = {
    ...before,
    name: change.name ?? before.name,
    color: change.color ?? before.color,
    key: change.key === undefined ? before.key : change.key,
  };
  projects.saveClasses(
    entries.map((entry) => (entry.id === id ? after : entry)),
    after.name !== before.name,
  );
  return projects.classes();
}

/** Puts the classes into another order. @throws ReadroomError `usage` unless each is named once; `projectReadOnly` */
export function reorderClasses(session: ProjectSession, ids: readonly string[]): LabelClass[] {
  session.writing();
  const { projects } = session;
  const entries = projects.allClasses();
  const present = inUse(entries);
  const ordered = ids.map((id) => find(entries, id));
  if (new Set(ids).size !== ids.length || ids.length !== present.length) {
    throw new ReadroomError(
      'usage',
      `The new order names ${counted(new Set(ids).size, 'class')} of ${present.length}.`,
      'Name every class once: read the classes again.',
    );
  }
  const retired = entries.filter(({ retiredAt }) => retiredAt !== null);
  const moved = present.some(({ id }, position) => id !== ids[position]);
  projects.saveClasses([...renumbered(ordered), ...retired], moved);
  return projects.classes();
}

/** Takes a class out of use. @throws ReadroomError `usage` while images have it; `unknownClass`, `projectReadOnly` */
export function retireClass(session: ProjectSession, id: string): LabelClass[] {
  session.writing();
  const { projects } = session;
  const entries = projects.allClasses();
  const { name } = find(entries, id);
  const labelled = projects.countLabelled(id);
  if (labelled > 0) {
    throw new ReadroomError(
      'usage',
      `${counted(labelled, 'image')} ${labelled === 1 ? 'has' : 'have'} the label "${name}".`,
      'Give them another label first, then take the class out of use.',
      { images: labelled },
    );
  }
  const rest = inUse(entries).filter((entry) => entry.id !== id);
  const retired = entries
    .filter((entry) => entry.id === id || entry.retiredAt !== null)
    .map((entry) => ({ ...entry, key: null, retiredAt: entry.retiredAt ?? new Date().toISOString() }));
  projects.saveClasses([...renumbered(rest), ...retired], true);
  return projects.classes();
}
