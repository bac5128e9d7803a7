import { v5 as uuidOfName } from 'uuid';

/** Of all ids that are made of what they name; never changed. */
const namespace = '6f2ad1f0-5d1c-4c5e-9b53-3f0a6f1c7d42';

/** What has an id that means the same in every copy of a project. */
export type NamedKind = 'reader' | 'class' | 'patient' | 'study' | 'series';

/**
 * The id of something that is known by a name: copies of a project that work apart give it the same one. Readers and
 * classes differ by more than the case of ASCII letters, as in the database.
 */
export function idOfName(project: string, kind: NamedKind, name: string): string {
  const isCaseless = kind === 'reader' || kind === 'class';
  const known = isCaseless ? name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : name;
  return uuidOfName(JSON.stringify([project, kind, known]), namespace);
}

/** The id of a clinical table: the same columns and rows have the same one in every copy of a project. */
export const idOfTable = (project: string, contentSha256: string): string =>
  uuidOfName(JSON.stringify([project, 'table', contentSha256]), namespace);

/** The id of an image: the same bytes and frame have the same one in every project. */
export const idOfImage = (byteSha256: string, frame: number): string =>
  uuidOfName(`${byteSha256}#${frame}`, namespace);
