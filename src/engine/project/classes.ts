import { v7 as uuid } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';
import type { LabelClass, RetiredClass } from '../../contract/project.ts';
import { nextColor, nextKey } from '../../core/class-palette.ts';
import { counted } from '../../core/words.ts';
import type { StoredClass } from '../db/class-repository.ts';
import type { Action, Journal, JournalChange } from '../db/journal.ts';
import type { ProjectRepository } from '../db/project-repository.ts';
import { idOfName } from '../db/stable-ids.ts';
import { openReading } from '../../contract/round-id.ts';
import type { ProjectSession } from './session.ts';

/** What a person says of a class; what is left out is chosen, or stays. */
export interface ClassLook {
  color?: string;
  key?: string | null;
}

const mostClasses = 1000;

export const inUse = (entries: readonly StoredClass[]): StoredClass[] =>
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

/** A class in use. @throws ReadroomError `unknownClass` */
export function findClass(entries: readonly StoredClass[], id: string): StoredClass {
  const found = inUse(entries).find((entry) => entry.id === id);
  if (found) return found;
  throw new ReadroomError(
    'unknownClass',
    `There is no class "${id}".`,
    'It may have been taken out of use: read the classes again.',
  );
}

/** Who changes classes; the person is made when new. */
export function actionOf(session: ProjectSession, reader: string): Action {
  return { actor: session.projects.readerNamed(reader, 'person').id, round: openReading };
}

/** The changes that make `after` of `before`, in the order of `after`. */
export function classChanges(before: readonly StoredClass[], after: readonly StoredClass[]): JournalChange[] {
  const texts = new Map(before.map((entry) => [entry.id, JSON.stringify(valueOf(entry))]));
  return after
    .filter((entry) => texts.get(entry.id) !== JSON.stringify(valueOf(entry)))
    .map((entry) => ({ target: { kind: 'class', id: entry.id }, to: valueOf(entry) }));
}

/** As events hold it: with its keys in this order. */
const valueOf = ({ name, position, color, key, retiredAt, heir }: StoredClass) => ({
  ...{ name, position, color, key, retiredAt, heir },
});

function save(
  session: ProjectSession,
  reader: string,
  before: readonly StoredClass[],
  after: readonly StoredClass[],
): LabelClass[] {
  const { journal } = session.writing();
  const changes = classChanges(before, after);
  if (changes.length > 0) journal.set(changes, actionOf(session, reader));
  return session.projects.classes();
}

const replace = (entries: readonly StoredClass[], after: StoredClass): StoredClass[] =>
  entries.some(({ id }) => id === after.id)
    ? entries.map((entry) => (entry.id === after.id ? after : entry))
    : [...entries, after];

/**
 * A class behind the others. A name that was in use before brings its class back, with the labels it had.
 * @param project the project's own id, of which and the name the class's id is made
 * @param entries all classes, also retired ones
 * @throws ReadroomError `usage` for a name or key that another class has, or of a class that was merged
 */
export function newClass(
  project: string,
  entries: readonly StoredClass[],
  name: string,
  look: ClassLook = {},
): StoredClass {
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
  if (retired && retired.heir !== null) {
    const heir = entries.find(({ id }) => id === retired.heir)!;
    throw new ReadroomError(
      'usage',
      `"${retired.name}" was merged into "${heir.name}" or split up, and its labels count there.`,
      'Choose another name, or have the merge taken back with an undo.',
    );
  }
  const named = idOfName(project, 'class', name);
  // A class that was renamed keeps the id of its first name.
  const free = entries.some(({ id }) => id === named) ? uuid() : named;
  return {
    id: retired?.id ?? free,
    name,
    position: (present.at(-1)?.position ?? -1) + 1,
    color: look.color ?? nextColor(present),
    key: look.key === undefined ? nextKey(present) : look.key,
    retiredAt: null,
    heir: null,
  };
}

/**
 * Adds a class behind the others. The name of a retired class brings that one back, with the labels it had.
 * @throws ReadroomError `usage` for a name or key that another class has; `projectReadOnly`
 */
export function addClass(
  session: ProjectSession,
  { name, reader, ...look }: ClassLook & { name: string; reader: string },
): LabelClass[] {
  session.writing();
  const entries = session.projects.allClasses();
  const known = { ...lookBefore(session.projects, entries, name), ...look };
  const added = newClass(session.projects.get()!.id, entries, name, known);
  return save(session, reader, entries, replace(entries, added));
}

/** What a class that comes back looked like when it was in use; its key only where no other class has it now. */
function lookBefore(projects: ProjectRepository, entries: readonly StoredClass[], name: string): ClassLook {
  const back = entries.find((entry) => canComeBack(entry) && entry.name.toLowerCase() === name.toLowerCase());
  if (!back) return {};
  const key = projects.keyBefore(back.id);
  const isFree = key !== null && !inUse(entries).some((entry) => entry.key === key);
  return { color: back.color, ...(isFree && { key }) };
}

/** Whether a class was taken out of use and can come back: not one that was merged, or whose making was undone. */
const canComeBack = ({ retiredAt, heir }: StoredClass): boolean =>
  retiredAt !== null && retiredAt !== '' && heir === null;

/** Classes that were taken out of use and can be added again, the newest first. */
export const retiredClasses = ({ projects }: ProjectSession): RetiredClass[] =>
  projects
    .allClasses()
    .filter(canComeBack)
    .map(({ id, name, color, retiredAt }) => ({ id, name, color, retiredAt: retiredAt! }))
    .sort((a, b) => (a.retiredAt < b.retiredAt ? 1 : -1));

/** Changes name, colour or key. @throws ReadroomError `usage`, `unknownClass`, `projectReadOnly` */
export function changeClass(
  session: ProjectSession,
  id: string,
  { reader, ...change }: ClassLook & { name?: string; reader: string },
): LabelClass[] {
  session.writing();
  const entries = session.projects.allClasses();
  const before = findClass(entries, id);
  refuseTaken(entries, id, change);
  refuseRetiredName(entries, change.name);
  const after = {
    ...before,
    name: change.name ?? before.name,
    color: change.color ?? before.color,
    key: change.key === undefined ? before.key : change.key,
  };
  return save(session, reader, entries, replace(entries, after));
}

/** @throws ReadroomError `usage` for the name of a class that is out of use */
export function refuseRetiredName(entries: readonly StoredClass[], name: string | undefined): void {
  const retired = entries.find(
    (entry) => entry.retiredAt !== null && entry.name.toLowerCase() === name?.toLowerCase(),
  );
  if (!retired) return;
  throw new ReadroomError(
    'usage',
    `A class "${retired.name}" was taken out of use, and earlier labels and runs still name it.`,
    'Choose another name, or add that class again.',
  );
}

/** Puts the classes into another order. @throws ReadroomError `usage` unless each is named once; `projectReadOnly` */
export function reorderClasses(
  session: ProjectSession,
  ids: readonly string[],
  reader: string,
): LabelClass[] {
  session.writing();
  const entries = session.projects.allClasses();
  const present = inUse(entries);
  const ordered = ids.map((id) => findClass(entries, id));
  if (new Set(ids).size !== ids.length || ids.length !== present.length) {
    throw new ReadroomError(
      'usage',
      `The new order names ${counted(new Set(ids).size, 'class')} of ${present.length}.`,
      'Name every class once: read the classes again.',
    );
  }
  const moved = present.some(({ id }, position) => id !== ids[position]);
  const after = ordered.map((entry, position) => ({ ...entry, position }));
  return save(session, reader, entries, moved ? after : []);
}

/** Gives classes new keys. @throws ReadroomError `usage` for a key given twice, `unknownClass`, `projectReadOnly` */
export function setClassKeys(
  session: ProjectSession,
  keys: readonly { class: string; key: string | null }[],
  reader: string,
): LabelClass[] {
  session.writing();
  const entries = session.projects.allClasses();
  const wanted = new Map(keys.map((given) => [findClass(entries, given.class).id, given.key]));
  const after = entries.map((entry) => ({
    ...entry,
    key: wanted.has(entry.id) ? wanted.get(entry.id)! : entry.key,
  }));
  for (const entry of after) refuseTaken(after, entry.id, { key: entry.key });
  return save(session, reader, entries, after);
}

/** Takes a class out of use. @throws ReadroomError `usage` while labels or shapes name it; `unknownClass`, `projectReadOnly` */
export function retireClass(session: ProjectSession, id: string, reader: string): LabelClass[] {
  session.writing();
  const { projects } = session;
  const entries = projects.allClasses();
  const before = findClass(entries, id);
  const { images, shapes, named } = projects.usesOf(id);
  if (images + shapes > 0) {
    const [uses, have] =
      images > 0
        ? [counted(images, 'image'), images === 1 ? 'has the label' : 'have the label']
        : [counted(shapes, 'shape'), shapes === 1 ? 'is of the class' : 'are of the class'];
    throw new ReadroomError(
      'usage',
      `${uses} ${have} "${before.name}".`,
      'Merge it into another class instead, or change them first.',
      { images, shapes },
    );
  }
  if (named) {
    // No counts: it may be in rounds that are still blinded.
    throw new ReadroomError(
      'usage',
      `Labels or drawings of readers are of the class "${before.name}".`,
      'Merge it into another class instead.',
    );
  }
  return save(session, reader, entries, [retired(before, null)]);
}

/** A class out of use. @param heir the class that its labels count as */
export const retired = (entry: StoredClass, heir: string | null): StoredClass => ({
  ...entry,
  key: null,
  retiredAt: new Date().toISOString(),
  heir,
});

/** The classes of a project as an import makes them. */
export interface ImportedClasses {
  /** Ids by the names given. */
  ids: Map<string, string>;
  /** Names of those that were made, or came back into use. */
  made: string[];
  /** All classes. */
  entries: StoredClass[];
}

/**
 * Classes for names that an import brings, made where there are none. A retired class comes back; the labels of one
 * that was merged go on to count as its heir's. Writes nothing.
 * @throws ReadroomError `usage` for more classes than a project can have
 */
export function planClasses(projects: ProjectRepository, names: readonly string[]): ImportedClasses {
  let entries: StoredClass[] = projects.allClasses();
  const project = projects.get()!.id;
  const ids = new Map<string, string>();
  const made: string[] = [];
  for (const name of names) {
    const known = entries.find((entry) => entry.name.toLowerCase() === name.toLowerCase());
    const isThere = known && (known.retiredAt === null || known.heir !== null);
    const entry = isThere ? known : newClass(project, entries, name, lookBefore(projects, entries, name));
    if (!isThere) {
      entries = replace(entries, entry);
      made.push(name);
    }
    ids.set(name, entry.id);
  }
  return { ids, made, entries };
}

/** As `planClasses`, and writes them as part of the import's action. */
export function classesForImport(
  { projects, journal }: { projects: ProjectRepository; journal: Journal },
  names: readonly string[],
  action: Action,
): ImportedClasses {
  const before = projects.allClasses();
  const planned = planClasses(projects, names);
  const changes = classChanges(before, planned.entries);
  if (changes.length > 0) journal.set(changes, action);
  return planned;
}
