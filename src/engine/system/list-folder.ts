import type { Dirent } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { ReadroomError } from '../../contract/errors.ts';
import type { FolderListing } from '../../contract/system.ts';
import { compareNatural } from '../../core/natural-order.ts';
import { mapLimited } from '../dataset/map-limited.ts';
import { extensionOf, looksLikePicture } from '../dataset/picture-names.ts';

const mostEntries = 2000;
const lanes = 16;
const tables = new Set(['zip', 'csv', 'tsv', 'json']);
const weightFiles = new Set(['pth', 'pt', 'safetensors', 'h5', 'hdf5', 'keras', 'json']);

type Entry = FolderListing['entries'][number];
type Place = FolderListing['places'][number];
type Found = Pick<Entry, 'name' | 'path'> & { kind: 'folder' | 'file' };

/**
 * Folders, and files of the kind that is asked for, of one folder: folders first, names in natural order.
 *
 * @param asked null: the user's home; `~` at its start stands for that too
 * @throws ReadroomError `fileNotFound`, `permissionDenied`, `usage` (a file, or no whole path)
 */
export async function listFolder(
  asked: string | null,
  { hidden, files, projectsFolder }: { hidden: boolean; files: ShownFiles; projectsFolder: string },
): Promise<FolderListing> {
  const folder = wholePath(asked);
  const { found, truncated } = await firstOf(await read(folder), folder, { hidden, files });
  const parent = path.dirname(folder);
  return {
    path: folder,
    parent: parent === folder ? null : parent,
    entries: await mapLimited(found, lanes, describe),
    truncated,
    places: await places(projectsFolder),
  };
}

function wholePath(asked: string | null): string {
  if (asked === null || asked === '' || asked === '~') return homedir();
  const whole = asked.startsWith('~/') ? path.join(homedir(), asked.slice(2)) : asked;
  if (path.isAbsolute(whole) && !whole.includes('\0')) return path.resolve(whole);
  throw new ReadroomError('usage', `"${asked}" is not a whole path.`, 'Give it from the root.');
}

async function read(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!['ENOTDIR', 'ENAMETOOLONG', 'ELOOP'].includes(code)) throw error;
    throw new ReadroomError('usage', `${folder} is not a folder.`, 'Choose a folder.');
  }
}

/** The first of a folder in order. Names are sorted a chunk a turn: a folder may hold a million. */
async function firstOf(
  names: readonly Dirent[],
  folder: string,
  { hidden, files }: { hidden: boolean; files: ShownFiles },
): Promise<{ found: Found[]; truncated: boolean }> {
  let found: Found[] = [];
  let truncated = false;
  for (let start = 0; start < names.length; start += mostEntries) {
    if (start > 0) await nextTurn();
    const chunk = names
      .slice(start, start + mostEntries)
      .filter(({ name }) => hidden || !name.startsWith('.'));
    const kinds = await mapLimited(chunk, lanes, (entry) => kindOf(entry, folder));
    const shown = chunk.flatMap(({ name }, i): Found[] => {
      const kind = kinds[i] ?? null;
      if (kind === null || (kind === 'file' && !isShown[files](name))) return [];
      return [{ name, kind, path: path.join(folder, name) }];
    });
    const all = [...found, ...shown].sort(
      (a, b) => Number(b.kind === 'folder') - Number(a.kind === 'folder') || compareNatural(a.name, b.name),
    );
    truncated ||= all.length > mostEntries;
    found = all.slice(0, mostEntries);
  }
  return { found, truncated };
}

/** Links count as what they lead to; devices, sockets and links to nowhere are not shown. */
async function kindOf(entry: Dirent, folder: string): Promise<Found['kind'] | null> {
  const facts = entry.isSymbolicLink()
    ? await stat(path.join(folder, entry.name)).catch(() => null)
    : (entry as Pick<Dirent, 'isDirectory' | 'isFile'>);
  if (facts?.isDirectory()) return 'folder';
  return facts?.isFile() ? 'file' : null;
}

type ShownFiles = 'importable' | 'weights';

const isShown: Readonly<Record<ShownFiles, (name: string) => boolean>> = {
  importable: (name) => looksLikePicture(name) || tables.has(extensionOf(name)),
  weights: (name) => weightFiles.has(extensionOf(name)),
};

async function describe({ kind, ...entry }: Found): Promise<Entry> {
  if (kind === 'folder') {
    const isProject = await exists(path.join(entry.path, 'project.sqlite'));
    return { ...entry, kind: isProject ? 'project' : 'folder', sizeBytes: null };
  }
  const facts = await stat(entry.path).catch(() => null);
  return { ...entry, kind, sizeBytes: facts?.size ?? null };
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/** Where to start from: home, the projects, what is plugged in, the top. */
async function places(projectsFolder: string): Promise<Place[]> {
  const home = homedir();
  const fixed: Place[] = [
    { name: 'Home', path: home },
    { name: 'Projects', path: projectsFolder },
  ];
  const all = [...fixed, ...(await mounted()), { name: 'Computer', path: path.parse(home).root }];
  const present = await mapLimited(all, lanes, (place) => exists(place.path));
  return all.filter((_place, i) => present[i]);
}

async function mounted(): Promise<Place[]> {
  const parents = mountParents();
  const found = await Promise.all(
    parents.map(async (parent) => {
      const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
      return entries
        .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
        .map(({ name }) => ({ name, path: path.join(parent, name) }));
    }),
  );
  return found.flat().slice(0, 20);
}

function mountParents(): string[] {
  if (process.platform === 'darwin') return ['/Volumes'];
  if (process.platform === 'win32') return [];
  try {
    const { username } = userInfo();
    return [`/media/${username}`, `/run/media/${username}`, '/mnt'];
  } catch {
    // A container's user may have no name.
    return ['/mnt'];
  }
}
