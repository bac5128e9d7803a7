import type { FolderListing } from '../../contract/system.ts';

/**
 * What a chooser of paths is for. `folder`: the folder shown or a selected one, which need not be there yet;
 * `project`: a project's folder; `files`: files and folders, several; `filesAlone`: several files and no folder.
 */
export type WantedPath = 'folder' | 'project' | 'files' | 'filesAlone';

/** Whether files can be selected, then also several at once. */
export const takesFiles = (wanted: WantedPath): boolean => wanted === 'files' || wanted === 'filesAlone';

/** The folder and the name of a typed path; null where it names no file of a folder. */
export function fileOf(path: string): { folder: string; name: string } | null {
  const [, folder, name] = /^(.*[\\/])([^\\/]+)$/.exec(path.trim()) ?? [];
  return folder === undefined || name === undefined ? null : { folder, name };
}

/**
 * The paths that the chooser gives as it stands; none where it cannot be used yet.
 *
 * @param typed the address, which is that of the folder shown unless it was changed
 * @param failed whether the address could not be listed
 */
export function choiceOf(
  wanted: WantedPath,
  {
    listing,
    selected,
    typed,
    failed,
  }: { listing: FolderListing | null; selected: readonly string[]; typed: string; failed: boolean },
): string[] {
  if (failed && wanted !== 'folder') return [];
  const paths = selected.length > 0 ? selected : typed === '' ? [] : [typed];
  const isOther = (path: string, kind: 'project' | 'file'): boolean =>
    listing?.entries.some((entry) => entry.path === path && entry.kind !== kind) === true;
  const isUnfit = (path: string): boolean =>
    (wanted === 'project' && isOther(path, 'project')) ||
    (wanted === 'filesAlone' && (path === listing?.path || isOther(path, 'file')));
  return paths.some(isUnfit) ? [] : [...paths];
}
