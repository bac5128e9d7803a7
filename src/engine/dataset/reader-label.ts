import type { ReaderLabel } from '../../contract/dataset.ts';
import type { StoredValue } from '../db/stored-value.ts';

/** A reader's word as screens show it, with the class by name. */
export function toReaderLabel(word: StoredValue, classNames: ReadonlyMap<string, string>): ReaderLabel {
  return {
    class: word.class === undefined ? null : (classNames.get(word.class) ?? word.class),
    number: word.number ?? null,
    unsure: word.unsure === true,
    skipped: word.skipped === true,
    comment: word.comment ?? null,
  };
}
