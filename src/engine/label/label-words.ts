import type { LabelValue } from '../../contract/label.ts';
import type { LabelSchema } from '../../contract/project.ts';
import type { RecordValue } from '../../core/label-record.ts';
import { isLabel, type StoredValue } from '../db/stored-value.ts';

type Names = ReadonlyMap<string, string>;

const named = (id: string, names: Names): string => names.get(id) ?? id;

/** A word with its classes by name. */
export const namedWord = (word: StoredValue, names: Names): LabelValue => ({
  ...word,
  ...(word.class !== undefined && { class: named(word.class, names) }),
  ...(word.classes && { classes: namesOf(word.classes, names) }),
});

/** Names of classes in the order of `names`; ids that it lacks come last. */
function namesOf(ids: readonly string[], names: Names): string[] {
  const known = [...names].filter(([id]) => ids.includes(id)).map(([, name]) => name);
  return [...known, ...ids.filter((id) => !names.has(id))];
}

/** A label as calls answer with it: names joined by `, `, empty for none of the classes; null: no label. */
export function labelText(word: StoredValue | RecordValue | null, names: Names): string | number | null {
  if (!word) return null;
  if ('class' in word && word.class !== undefined) return named(word.class, names);
  if ('classes' in word && word.classes) return namesOf(word.classes, names).join(', ');
  return 'number' in word ? (word.number ?? null) : null;
}

/** A label in a sentence: "PNEUMONIA", "none of the classes", "84 months"; "no label" for a word without one. */
export function shownLabel(word: StoredValue | null, names: Names, { number }: LabelSchema): string {
  if (!isLabel(word)) return 'no label';
  const text = labelText(word, names);
  if (text === '') return 'none of the classes';
  return typeof text === 'number' && number?.unit ? `${text} ${number.unit}` : String(text);
}

/** What a change of a word did, in short: "PNEUMONIA", "no label", "comment", "bookmark". */
export function wordChange(
  from: StoredValue | null,
  to: StoredValue | null,
  shown: (word: StoredValue | null) => string,
): string {
  const has = (key: keyof StoredValue): boolean => to?.[key] !== undefined;
  const changed = (key: keyof StoredValue): boolean =>
    JSON.stringify(from?.[key]) !== JSON.stringify(to?.[key]);
  if (changed('skipped') && has('skipped')) return 'skip';
  if (changed('class') || changed('classes') || changed('number')) return shown(to);
  if (changed('unsure')) return has('unsure') ? 'unsure' : 'sure';
  if (changed('skipped')) return 'no skip';
  if (changed('bookmarked')) return has('bookmarked') ? 'bookmark' : 'no bookmark';
  if (changed('comment')) return has('comment') ? 'comment' : 'no comment';
  // A label given again, over another reader's.
  return isLabel(to) ? shown(to) : 'label';
}
