import { readable } from '../../../core/words.ts';
import type { Dropped } from '../../api/media.ts';

/**
 * What an import reads of an upload: one dropped folder as that folder, so that the folders in it are the classes, as
 * when it is chosen; several folders as those of one; tables by themselves.
 */
export function uploadedRoots(
  dropped: readonly Dropped[],
  paths: readonly string[],
  folder: string,
): string[] {
  const tables = paths.filter((path) => /\.csv$/i.test(path));
  if (tables.length === paths.length) return tables;
  const names = dropped.flatMap((item) => ('file' in item ? [item.relativePath] : []));
  const folders = new Set(names.filter((name) => name.includes('/')).map((name) => name.split('/')[0]));
  const [only] = folders;
  if (folders.size !== 1 || only === undefined) return [...tables, folder];
  const loose = paths.filter((path) => !path.startsWith(`${folder}/${only}/`) && !tables.includes(path));
  return [...tables, `${folder}/${only}`, ...loose];
}

/**
 * What a source is called on screen: a path by its end, what was sent by the name that it had where it came from.
 * @param uploads ids of uploads, each the name of a folder
 */
export function sourceName(source: string, uploads: readonly string[]): string {
  const names = source.split(/[\\/]/).filter((name) => name !== '');
  const upload = names.findIndex((name) => uploads.includes(name));
  const shown = upload < 0 ? names.slice(-2) : names.slice(upload + 1).slice(-2);
  return shown.length === 0 ? 'Dropped folders' : readable(shown.join('/'));
}
