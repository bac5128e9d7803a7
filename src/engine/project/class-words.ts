import { listed } from '../../core/words.ts';
import type { StoredClassValue } from '../db/stored-value.ts';

/** What an action made of one class; null: not there. */
export interface ClassChange {
  id: string;
  from: StoredClassValue | null;
  to: StoredClassValue | null;
}

/**
 * An action on classes in words: "NODULE renamed to LESION", "OPACITY merged into PNEUMONIA".
 * @param names of classes that did not change, by id
 */
export function classChangeWords(
  changes: readonly ClassChange[],
  names: ReadonlyMap<string, string>,
): string {
  const nameOf = (id: string): string => {
    const changed = changes.find((change) => change.id === id);
    return (changed?.to ?? changed?.from)?.name ?? names.get(id) ?? id;
  };
  const of = (some: readonly ClassChange[]): string =>
    listed(some.map(({ from, to }) => (from ?? to)?.name ?? ''));
  const added = changes.filter(({ from, to }) => !from && to);
  const gone = changes.filter(({ from, to }) => from && !to);
  const kept = changes.filter(({ from, to }) => from && to);
  const inherited = kept.filter(({ from, to }) => to!.heir !== null && from!.heir !== to!.heir);
  const separated = kept.filter(({ from, to }) => to!.heir === null && from!.heir !== null);
  const plain = kept.filter((change) => !inherited.includes(change) && !separated.includes(change));
  const split = inherited.filter(({ to }) => added.some(({ id }) => id === to!.heir));
  const [merged] = inherited;
  const retired = plain.filter(({ from, to }) => from!.retiredAt === null && to!.retiredAt !== null);
  const back = plain.filter(({ from, to }) => from!.retiredAt !== null && to!.retiredAt === null);
  const renamed = kept.filter(({ from, to }) => from!.name !== to!.name);
  const said = [
    split.length > 0 && `${of(split)} split into ${of(added)}`,
    split.length === 0 && merged && `${of(inherited)} merged into ${nameOf(merged.to!.heir!)}`,
    split.length === 0 && added.length > 0 && `${of(added)} added`,
    separated.length > 0 && `${of(separated)} made separate again`,
    gone.length > 0 && `${of(gone)} taken away`,
    retired.length > 0 && `${of(retired)} taken out of use`,
    back.length > 0 && `${of(back)} brought back`,
    ...renamed.map(({ from, to }) => `${from!.name} renamed to ${to!.name}`),
  ].filter((words) => typeof words === 'string');
  if (said.length > 0) return said.join(', ');
  const differs = (key: 'position' | 'key' | 'color'): ClassChange[] =>
    kept.filter(({ from, to }) => from![key] !== to![key]);
  if (differs('position').length > 0) return 'order of classes changed';
  const keys = differs('key');
  return keys.length > 0 ? `key of ${of(keys)} changed` : `colour of ${of(differs('color'))} changed`;
}
