import type { LabelValue } from '../../contract/label.ts';

/** A reader's word as stored: by class id, so that renaming a class never touches labels. */
export type StoredValue = LabelValue;

/** Whether a word is a label: a class or a number, unlike one that only skips or comments. */
export const isLabel = (value: StoredValue | null): boolean =>
  value?.class !== undefined || value?.number !== undefined;

/** A word read from the database. */
export const parseValue = (value: string | null): StoredValue | null =>
  value === null ? null : (JSON.parse(value) as StoredValue);
