import type { Shape } from '../../contract/annotation.ts';
import type { LabelValue } from '../../contract/label.ts';

/** A reader's word as stored: by class ids, so that renaming a class never touches labels. */
export type StoredValue = LabelValue;

/** A shape as stored. */
export interface StoredAnnotation {
  image: string;
  class: string | null;
  shape: Shape;
  unsure?: true;
  comment?: string;
}

/** A class as an event holds it; always with its keys in this order. */
export interface StoredClassValue {
  name: string;
  position: number;
  color: string;
  key: string | null;
  retiredAt: string | null;
  heir: string | null;
}

/** Stands for "not there" of a class whose making was taken back: its row stays, as events and versions name it. */
export const neverMade = '';

/** Whether a change of a class makes another class list: of names, order, membership or heirs, not of looks. */
export const isNewClassList = (from: StoredClassValue | null, to: StoredClassValue | null): boolean =>
  from?.name !== to?.name ||
  from?.position !== to?.position ||
  from?.retiredAt !== to?.retiredAt ||
  from?.heir !== to?.heir;

/** An import as an event holds it. */
export interface StoredImport {
  /** "214 images from films". */
  what: string;
}

/** Which clinical table stands, as an event holds it. */
export interface StoredTableChoice {
  /** Null: none. */
  table: string | null;
}

/** Whether a word is a label of some kind, unlike one that only skips, bookmarks or comments. */
export const isLabel = (value: StoredValue | null): boolean =>
  value?.class !== undefined || value?.classes !== undefined || value?.number !== undefined;

/** Whether two words give the same label, whatever else they say. */
export const sameLabel = (one: StoredValue | null, other: StoredValue | null): boolean =>
  one?.class === other?.class &&
  one?.number === other?.number &&
  JSON.stringify(one?.classes) === JSON.stringify(other?.classes);

/** A word read from the database. */
export const parseValue = (value: string | null): StoredValue | null =>
  value === null ? null : (JSON.parse(value) as StoredValue);
