import { ReadroomError } from '../../contract/errors.ts';
import type { LabelClass, LabelLevel } from '../../contract/project.ts';
import { heirOf } from '../../core/label-record.ts';
import type { StoredClass } from '../db/class-repository.ts';
import type { JournalChange } from '../db/journal.ts';
import { mergeWord } from '../label/label-change.ts';
import { openReading } from '../../contract/round-id.ts';
import { actionOf, classChanges, findClass, newClass, refuseRetiredName, retired } from './classes.ts';
import type { ProjectSession } from './session.ts';

/**
 * Takes classes out of use whose labels and shapes count as another's from now on.
 * @throws ReadroomError `usage` for a class that is to be merged into itself; `unknownClass`, `projectReadOnly`
 */
export function mergeClasses(
  session: ProjectSession,
  { classes, into, reader }: { classes: readonly string[]; into: string; reader: string },
): LabelClass[] {
  const { journal } = session.writing();
  const entries = session.projects.allClasses();
  const heir = findClass(entries, into);
  const sources = [...new Set(classes)].map((id) => findClass(entries, id));
  if (sources.includes(heir)) {
    throw new ReadroomError(
      'usage',
      `"${heir.name}" cannot be merged into itself.`,
      'Name it only as the class that the others are merged into.',
    );
  }
  const after = sources.map((entry) => retired(entry, heir.id));
  journal.set(classChanges(entries, after), actionOf(session, reader));
  return session.projects.classes();
}

interface SplitRequest {
  class: string;
  into: readonly { name: string; images: readonly string[] }[];
  reader: string;
}

/**
 * Makes several classes out of one. Its labels count as the first of them; images named for the others get theirs as
 * the reader's word, all as one action. When the first has the name of the class, that class stays and is the first.
 * @throws ReadroomError `usage` for names that are taken or given twice, and in a project whose labels are numbers;
 *   `unknownClass`, `unknownImage`, `projectReadOnly`
 */
export function splitClass(session: ProjectSession, request: SplitRequest): LabelClass[] {
  const { journal } = session.writing();
  const entries = session.projects.allClasses();
  const before = findClass(entries, request.class);
  const stays = request.into[0]!.name.toLowerCase() === before.name.toLowerCase();
  const parts = stays ? request.into.slice(1) : request.into;
  const made = newClasses(
    session.projects.get()!.id,
    entries,
    parts.map(({ name }) => name),
  );
  const heirs = stays ? [before, ...made] : made;
  const first = heirs[0]!;
  const after = stays ? made : [...made, retired(before, first.id)];
  const action = actionOf(session, request.reader);
  const others = new Map(
    request.into.slice(1).map(({ images }, index) => [heirs[index + 1]!.id, images] as const),
  );
  const words = wordsOfSplit(session, before, others, action.actor);
  journal.set([...classChanges(entries, after), ...words], action);
  return session.projects.classes();
}

/** Classes behind each other. @throws ReadroomError `usage` for a name that is taken, also by a retired class */
function newClasses(
  project: string,
  entries: readonly StoredClass[],
  names: readonly string[],
): StoredClass[] {
  const made: StoredClass[] = [];
  for (const name of names) {
    refuseRetiredName(entries, name);
    made.push(newClass(project, [...entries, ...made], name));
  }
  return made;
}

/** Words that give images a class in place of the one that is split. @param others images by the id of their new class */
function wordsOfSplit(
  session: ProjectSession,
  before: StoredClass,
  others: ReadonlyMap<string, readonly string[]>,
  reader: string,
): JournalChange[] {
  const { kind, level } = session.projects.labelSchema();
  const heirs = session.projects.heirs();
  const changes = new Map<string, JournalChange>();
  for (const [id, images] of others) {
    for (const { image, target } of requireTargets(session, images, level)) {
      if (changes.has(target)) continue;
      const word = session.targets.word(level, target, reader, openReading);
      const had = word?.classes ?? session.targets.recordClasses(image) ?? [];
      const rest = had.filter((one) => heirOf(one, heirs) !== before.id);
      const change = kind === 'multi' ? { classes: { set: [...rest, id] } } : { class: id };
      changes.set(target, { target: { kind: level, id: target }, to: mergeWord(word, change) });
    }
  }
  if (changes.size > 0 && kind === 'number') {
    throw new ReadroomError(
      'usage',
      'Labels of this project are numbers: images cannot be given a class.',
      'Split the class without naming images.',
    );
  }
  return [...changes.values()];
}

function requireTargets(
  session: ProjectSession,
  images: readonly string[],
  level: LabelLevel,
): { image: string; target: string }[] {
  const found = session.targets.targetsOf(images, level);
  if (found.length < images.length) {
    const known = new Set(found.map(({ image }) => image));
    const unknown = images.find((image) => !known.has(image));
    throw new ReadroomError('unknownImage', `There is no image "${unknown}".`, 'Nothing was changed.');
  }
  return found.map(({ image, target }) => {
    if (target !== null) return { image, target };
    throw new ReadroomError(
      'usage',
      `Labels of this project are of a whole ${level}, and image "${image}" belongs to none.`,
      `Leave it out, or import it again with its ${level}.`,
    );
  });
}
