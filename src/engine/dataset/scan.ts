import type { Dirent, Stats } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

import type { RefusedFile } from '../../contract/import.ts';
import { ReadroomError, type ErrorCode } from '../../contract/errors.ts';
import { compareNatural } from '../../core/natural-order.ts';
import { extensionOf, isLitter } from './picture-names.ts';

/** A file that may be a picture. */
export interface FoundFile {
  /** Real folder that the relative path starts from. */
  rootPath: string;
  /** Forward slashes. */
  relativePath: string;
  /** What the file can be read by. */
  path: string;
  /** As a person knows it: the source as given, then the way down. */
  shownAs: string;
  /** Named by itself, not found in a folder. */
  named: boolean;
}

export interface FoundArchive {
  path: string;
  shownAs: string;
}

export interface Scan {
  files: FoundFile[];
  archives: FoundArchive[];
  refused: RefusedFile[];
  warnings: string[];
}

interface Walk extends Scan {
  /** Real folders on the way from the source to here, and all that were read. */
  visited: Set<string>;
  ignoredArchives: number;
  ignoredProjects: number;
  repeatedFolders: number;
  signal: AbortSignal | undefined;
}

interface Folder {
  path: string;
  relativePath: string;
  shownAs: string;
  ancestors: readonly string[];
}

function refusalOf(error: unknown, file: string): RefusedFile {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const refuse = (ours: ErrorCode, message: string): RefusedFile => ({ file, code: ours, message });
  if (code === 'EACCES' || code === 'EPERM') return refuse('permissionDenied', 'It may not be read.');
  if (code === 'ENOENT') return refuse('fileNotFound', 'It is a link to something that is not there.');
  if (code === 'ELOOP') return refuse('linkLoop', 'The link leads back to itself.');
  if (code === 'ENAMETOOLONG') return refuse('unreadableFile', 'Its path is too long for the system.');
  return refuse('unreadableFile', `Reading it failed (${code}).`);
}

/** Names as bytes, since Node replaces what is not UTF-8 and such a path then opens nothing. */
async function readNames(folder: Folder, walk: Walk): Promise<{ name: string; entry: Dirent<Buffer> }[]> {
  const entries = await readdir(folder.path, { withFileTypes: true, encoding: 'buffer' });
  const named: { name: string; entry: Dirent<Buffer> }[] = [];
  for (const entry of entries) {
    const name = entry.name.toString('utf8');
    if (isLitter(name)) continue;
    if (Buffer.from(name).equals(entry.name)) named.push({ name, entry });
    else {
      walk.refused.push({
        file: `${folder.shownAs}/${name}`,
        code: 'unreadableFile',
        message: 'Its name is not valid UTF-8. Rename it.',
      });
    }
  }
  return named.sort((a, b) => compareNatural(a.name, b.name));
}

async function isInside(folder: Folder, real: string, walk: Walk): Promise<boolean> {
  if (folder.ancestors.includes(real)) {
    walk.refused.push({
      file: folder.shownAs,
      code: 'linkLoop',
      message: 'The link leads back to a folder that it lies in.',
    });
    return false;
  }
  if (walk.visited.has(real)) {
    walk.repeatedFolders += 1;
    return false;
  }
  walk.visited.add(real);
  return true;
}

async function walkFolder(folder: Folder, base: { rootPath: string }, walk: Walk): Promise<void> {
  walk.signal?.throwIfAborted();
  let names;
  let real;
  try {
    real = await realpath(folder.path);
    if (!(await isInside(folder, real, walk))) return;
    names = await readNames(folder, walk);
  } catch (error) {
    walk.refused.push(refusalOf(error, folder.shownAs));
    return;
  }
  // Another project's caches and copies are not a dataset.
  if (names.some(({ name }) => name === 'project.sqlite')) {
    walk.ignoredProjects += 1;
    return;
  }
  const subfolders: Folder[] = [];
  for (const { name, entry } of names) {
    const child = {
      path: path.join(folder.path, name),
      relativePath: folder.relativePath === '' ? name : `${folder.relativePath}/${name}`,
      shownAs: `${folder.shownAs}/${name}`,
    };
    let kind: Dirent<Buffer> | Stats = entry;
    if (entry.isSymbolicLink()) {
      try {
        kind = await stat(child.path);
      } catch (error) {
        walk.refused.push(refusalOf(error, child.shownAs));
        continue;
      }
    }
    if (kind.isDirectory()) subfolders.push({ ...child, ancestors: [...folder.ancestors, real] });
    else if (kind.isFile() && extensionOf(name) === 'zip') walk.ignoredArchives += 1;
    else if (kind.isFile()) walk.files.push({ ...child, ...base, named: false });
  }
  for (const subfolder of subfolders) await walkFolder(subfolder, base, walk);
}

async function startsAsZip(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && /^PK(\x03\x04|\x05\x06)/.test(buffer.toString('latin1'));
  } finally {
    await handle.close();
  }
}

async function statSource(source: string): Promise<Stats> {
  try {
    return await stat(source);
  } catch (error) {
    const { code, message } = refusalOf(error, source);
    if (code !== 'fileNotFound')
      throw new ReadroomError('permissionDenied', `${source}: ${message}`, 'Check its permissions.');
    throw new ReadroomError('fileNotFound', `There is no file or folder "${source}".`, 'Check the path.');
  }
}

async function addFile(source: string, walk: Walk): Promise<void> {
  try {
    // An empty file called .zip, or a damaged one, is refused as an archive would be.
    if (extensionOf(source) === 'zip' || (await startsAsZip(source))) {
      walk.archives.push({ path: source, shownAs: source });
      return;
    }
  } catch (error) {
    walk.refused.push(refusalOf(error, source));
    return;
  }
  const rootPath = await realpath(path.dirname(source));
  const relativePath = path.basename(source);
  walk.files.push({ rootPath, relativePath, path: source, shownAs: source, named: true });
}

function countWarnings(walk: Walk): string[] {
  const warnings: string[] = [];
  const told = (n: number, one: string, many: string): void => {
    if (n > 0) warnings.push(n === 1 ? one : `${n} ${many}`);
  };
  told(
    walk.ignoredArchives,
    'One ZIP inside a folder was left alone: import it by its own name.',
    'ZIPs inside folders were left alone: import them by their own names.',
  );
  told(
    walk.ignoredProjects,
    'One folder is a Readroom project and was left alone.',
    'folders are Readroom projects and were left alone.',
  );
  told(
    walk.repeatedFolders,
    'One folder was reached twice through links and read once.',
    'folders were reached more than once through links and read once.',
  );
  return warnings;
}

/**
 * Finds the files under the sources, in natural order: a folder's files, then its subfolders. Litter is passed
 * over; what cannot be read is refused and the rest goes on. Nothing is opened but named files.
 * @param sources absolute paths of files, folders and ZIPs
 * @throws ReadroomError `fileNotFound`, `permissionDenied` for a source itself
 */
export async function scanSources(sources: readonly string[], signal?: AbortSignal): Promise<Scan> {
  const walk: Walk = {
    files: [],
    archives: [],
    refused: [],
    warnings: [],
    visited: new Set(),
    ignoredArchives: 0,
    ignoredProjects: 0,
    repeatedFolders: 0,
    signal,
  };
  const stats = await Promise.all(sources.map(statSource));
  for (const [index, given] of sources.entries()) {
    const source = path.resolve(given);
    if (stats[index]!.isDirectory()) {
      const rootPath = await realpath(source);
      const folder = {
        path: rootPath,
        relativePath: '',
        shownAs: given.replace(/(?<=.)[\\/]+$/, ''),
        ancestors: [],
      };
      await walkFolder(folder, { rootPath }, walk);
    } else if (stats[index]!.isFile()) {
      await addFile(source, walk);
    } else {
      walk.refused.push({
        file: given,
        code: 'unreadableFile',
        message: 'It is neither a file nor a folder.',
      });
    }
  }
  const { files, archives, refused } = walk;
  return { files, archives, refused, warnings: countWarnings(walk) };
}
