import { heirOf } from '../../core/label-record.ts';
import { neverMade, type StoredClassValue } from './stored-value.ts';

/** An event on a class; JSON as stored. */
export interface ClassEventValue {
  id: string;
  from: string | null;
  to: string | null;
}

/**
 * What events on classes amount to, in the journal's order: what each of them would have done had they been made one
 * after the other in one copy of the project. Where two copies did what one would have refused:
 *
 * - a name that another class has by then gets a number behind it
 * - a key goes to the class that got it last
 * - of two classes that were merged into each other the earlier merge stands
 *
 * @param untouched classes without events
 */
export function replayClasses(
  untouched: ReadonlyMap<string, StoredClassValue>,
  events: readonly ClassEventValue[],
): Map<string, StoredClassValue> {
  const classes = new Map(untouched);
  // What a class was before its first event, in every copy: nobody had changed it.
  for (const { id, from } of events.toReversed()) {
    if (from === null) classes.delete(id);
    else classes.set(id, JSON.parse(from) as StoredClassValue);
  }
  for (const { id, from, to } of events) {
    const before = classes.get(id);
    if (to !== null) put(classes, id, JSON.parse(to) as StoredClassValue);
    else classes.set(id, gone(before ?? (JSON.parse(from!) as StoredClassValue)));
  }
  return classes;
}

const gone = (before: StoredClassValue): StoredClassValue => ({
  ...before,
  ...{ key: null, retiredAt: neverMade, heir: null },
});

function put(classes: Map<string, StoredClassValue>, id: string, value: StoredClassValue): void {
  const others = [...classes].filter(([other]) => other !== id);
  const taken = new Set(others.map(([, { name }]) => name.toLowerCase()));
  for (const [other, entry] of others)
    if (value.key !== null && entry.key === value.key) classes.set(other, { ...entry, key: null });
  const inCircle = value.heir !== null && leadsTo(classes, value.heir, id);
  const mended = inCircle ? { ...value, heir: null, retiredAt: null } : value;
  classes.set(id, { ...mended, name: freeName(value.name, taken) });
}

function leadsTo(classes: ReadonlyMap<string, StoredClassValue>, from: string, to: string): boolean {
  const heirs = new Map(
    [...classes].flatMap(([id, { heir }]) => (heir === null || id === to ? [] : [[id, heir] as const])),
  );
  return heirOf(from, heirs) === to;
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const free = number === 1 ? name : `${name} (${number})`;
    if (!taken.has(free.toLowerCase())) return free;
  }
}
