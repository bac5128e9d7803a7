import type { ReaderLabel } from '../../contract/image.ts';
import type { StoredValue } from '../db/stored-value.ts';

/** A reader's word as screens show it, with classes by name. */
export function toReaderLabel(word: StoredValue, classNames: ReadonlyMap<string, string>): ReaderLabel {
  const nameOf = (id: string): string => classNames.get(id) ?? id;
  return {
    class: word.class === undefined ? null : nameOf(word.class),
    // Classes that were merged have one name.
    classes: word.classes ? [...new Set(word.classes.map(nameOf))] : null,
    number: word.number ?? null,
    unsure: word.unsure === true,
    skipped: word.skipped === true,
    bookmarked: word.bookmarked === true,
    comment: word.comment ?? null,
  };
}
