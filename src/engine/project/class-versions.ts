import type { ClassVersion } from '../../contract/project.ts';
import type { ClassEvent } from '../db/class-repository.ts';
import { isNewClassList, type StoredClassValue } from '../db/stored-value.ts';
import { type ClassChange, classChangeWords } from './class-words.ts';
import type { ProjectSession } from './session.ts';

/**
 * The versions of the class list, newest first. Colours and keys make none. Found by going back from the classes there
 * are now, because those that a project was made with have no events.
 */
export function classVersions({ projects }: ProjectSession): ClassVersion[] {
  const now = new Map<string, StoredClassValue | null>(
    projects.allClasses().map(({ id, ...value }) => [id, value.retiredAt === '' ? null : value]),
  );
  const names = projects.classNames();
  let version = projects.classSchemaVersion();
  const versions: ClassVersion[] = [];
  for (const events of actionsOf(projects.classEvents())) {
    const changes = events.map(changeOf);
    if (changes.some(({ from, to }) => isNewClassList(from, to))) {
      const [{ at, actor, kind }] = events;
      const words = classChangeWords(changes.toReversed(), names);
      const what = kind === 'set' ? words : `${words} (${kind})`;
      versions.push({ version, at, actor, what, names: namesOf(now) });
      version -= 1;
    }
    for (const { id, from } of changes) now.set(id, from);
  }
  return versions;
}

/** Events by action, as they come. */
function actionsOf(events: readonly ClassEvent[]): [ClassEvent, ...ClassEvent[]][] {
  const actions = new Map<string, [ClassEvent, ...ClassEvent[]]>();
  for (const event of events) {
    const action = actions.get(event.batch);
    if (action) action.push(event);
    else actions.set(event.batch, [event]);
  }
  return [...actions.values()];
}

const parse = (value: string | null): StoredClassValue | null =>
  value === null ? null : (JSON.parse(value) as StoredClassValue);

const changeOf = (event: ClassEvent): ClassChange => ({
  id: event.class,
  from: parse(event.from),
  to: parse(event.to),
});

function namesOf(classes: ReadonlyMap<string, StoredClassValue | null>): string[] {
  return [...classes.values()]
    .filter((value) => value?.retiredAt === null)
    .sort((a, b) => a!.position - b!.position)
    .map((value) => value!.name);
}
