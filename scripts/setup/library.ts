import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { mkdir, readdir, rename, rm, statfs, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  cudaWheelsNamedBy,
  neededBytes,
  tensorflowVersion,
  tensorflowWheels,
  unpackedPrefixes,
  type Variant,
} from './tensorflow-pins.ts';
import { megabytes } from './watched.ts';
import { obtainWheel, sha256OfFile, type FetchWheel } from './wheel.ts';

export const libraryFiles = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;

/** TensorFlow's C library on disk, ready to be linked against. */
export interface Library {
  /** Holds the two .so files. */
  libFolder: string;
  /** Holds `tensorflow/c/c_api.h`. */
  includeFolder: string;
  /** Where compiled bindings to this library are kept. */
  bindingsFolder: string;
}

/** A library named by hand: the folder itself, or its `tensorflow` subfolder, as in an unpacked wheel. */
export function namedLibrary(folder: string, cache: string): Library {
  const libFolder = [folder, join(folder, 'tensorflow'), join(folder, 'lib')].find((candidate) =>
    libraryFiles.every((file) => existsSync(join(candidate, file))),
  );
  if (libFolder === undefined) throw new Error(`${folder} does not hold ${libraryFiles.join(' and ')}`);
  const includeFolder = [join(libFolder, 'include'), join(folder, 'include')].find((candidate) =>
    existsSync(join(candidate, 'tensorflow/c/c_api.h')),
  );
  if (includeFolder === undefined) throw new Error(`${folder} does not hold include/tensorflow/c/c_api.h`);
  const { size, mtimeMs } = statSync(join(libFolder, libraryFiles[0]));
  const identity = createHash('sha256')
    .update(`${realpathSync(libFolder)}\0${size}\0${mtimeMs}`)
    .digest('hex');
  return { libFolder, includeFolder, bindingsFolder: join(cache, `named-${identity.slice(0, 12)}`) };
}

/** Written last, before the folder gets its final name; sizes tell a damaged cache later. */
interface LibraryNote {
  wheels: string[];
  sizes: Record<string, number>;
}

const noteFile = 'readroom.json';

export const libraryFolder = (cache: string, id: string) => join(cache, id);
export const pinnedLibraryId = (variant: Variant) => `${tensorflowVersion}-${variant}`;

/** @throws when there is none or its files are not as they were unpacked */
export function cachedLibrary(cache: string, id: string): Library {
  const folder = libraryFolder(cache, id);
  const note = join(folder, noteFile);
  if (!existsSync(note)) throw new Error('nothing there yet');
  const { sizes } = JSON.parse(readFileSync(note, 'utf8')) as LibraryNote;
  for (const [file, size] of Object.entries(sizes)) {
    const path = join(folder, file);
    if (!existsSync(path) || statSync(path).size !== size)
      throw new Error(`${file} is damaged, it is fetched again`);
  }
  return {
    libFolder: join(folder, 'tensorflow'),
    includeFolder: join(folder, 'tensorflow/include'),
    bindingsFolder: folder,
  };
}

/** Throws with the sentence to show when Python 3 with pip cannot be had. */
export function requirePython(withPip: boolean): void {
  const run = (...args: string[]) => spawnSync('python3', args, { encoding: 'utf8' });
  const python = run('--version');
  if (python.status !== 0)
    throw new Error('Python 3 is missing; on Debian: sudo apt install python3 python3-pip');
  if (withPip && run('-m', 'pip', '--version').status !== 0) {
    throw new Error('pip is missing; on Debian: sudo apt install python3-pip');
  }
}

function unpackWheel(wheel: string, folder: string): void {
  const script = fileURLToPath(new URL('unpack-wheel.py', import.meta.url));
  const { status, stderr } = spawnSync('python3', [script, wheel, folder, ...unpackedPrefixes], {
    encoding: 'utf8',
  });
  if (status !== 0)
    throw new Error(`${basename(wheel)} cannot be unpacked: ${stderr.trim().split('\n').at(-1) ?? ''}`);
}

function soFiles(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    if (entry.isDirectory()) return soFiles(folder, path);
    return /\.so(\.|$)/.test(entry.name) ? [path] : [];
  });
}

/**
 * Unpacks wheels beside their final place and puts them there with one rename, so that an
 * interruption leaves nothing that could be taken for whole.
 */
export async function unpackLibrary(cache: string, id: string, wheels: string[]): Promise<Library> {
  const folder = libraryFolder(cache, id);
  const partial = `${folder}.partial-${process.pid}`;
  await removePartial(cache, id);
  await mkdir(partial, { recursive: true });
  for (const wheel of wheels) unpackWheel(wheel, partial);
  for (const file of libraryFiles) {
    if (!existsSync(join(partial, 'tensorflow', file)))
      throw new Error(`the wheel does not hold tensorflow/${file}`);
  }
  await putCusolverInReach(partial);
  const sizes = Object.fromEntries(
    soFiles(partial).map((file) => [file, statSync(join(partial, file)).size]),
  );
  const note: LibraryNote = { wheels: wheels.map((wheel) => basename(wheel)), sizes };
  await writeFile(join(partial, noteFile), JSON.stringify(note, null, 2));
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
  return cachedLibrary(cache, id);
}

/**
 * TensorFlow's loader looks in the folder of every CUDA library but cuSOLVER's, and passes over all GPUs when it
 * finds one library less than it wants: a link stands in a folder where it looks.
 */
export async function putCusolverInReach(folder: string): Promise<void> {
  const [home, reach] = ['cusolver', 'cuda_runtime'].map((name) => join(folder, 'nvidia', name, 'lib'));
  if (!existsSync(home!) || !existsSync(reach!)) return;
  for (const name of await readdir(home!)) {
    const place = join(reach!, name);
    if (/^libcusolver\.so\.\d+$/.test(name) && !existsSync(place))
      await symlink(join(relative(reach!, home!), name), place);
  }
}

/** What an interrupted set-up left of this library. Only the holder of the lock may call it. */
async function removePartial(cache: string, id: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (name.startsWith(`${id}.partial-`)) await rm(join(cache, name), { recursive: true, force: true });
  }
}

/** Downloads, checks and unpacks the pinned wheel, and for the GPU the CUDA wheels that it names. */
export async function libraryFromIndex(
  cache: string,
  variant: Variant,
  fetchWheel: FetchWheel,
  onProgress: (note: string) => void,
): Promise<Library> {
  requirePython(true);
  const downloads = join(cache, 'downloads');
  await mkdir(downloads, { recursive: true });
  const { bavail, bsize } = await statfs(cache);
  if (bavail * bsize < neededBytes[variant]) {
    throw new Error(
      `${megabytes(neededBytes[variant])} must be free in the cache folder, ${megabytes(bavail * bsize)} are`,
    );
  }
  const wheels = [await obtainWheel(tensorflowWheels[variant], downloads, fetchWheel, onProgress)];
  if (variant === 'gpu') {
    for (const wheel of cudaWheelsNamedBy(wheelMetadata(wheels[0] ?? ''))) {
      wheels.push(await obtainWheel(wheel, downloads, fetchWheel, onProgress));
    }
  }
  onProgress('unpacking');
  const library = await unpackLibrary(cache, pinnedLibraryId(variant), wheels);
  await rm(downloads, { recursive: true, force: true });
  return library;
}

function wheelMetadata(wheel: string): string {
  const program =
    'import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);' +
    'print(z.read(next(n for n in z.namelist() if n.endswith(".dist-info/METADATA"))).decode())';
  const { status, stdout, stderr } = spawnSync('python3', ['-c', program, wheel], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the wheel's METADATA cannot be read: ${stderr.trim()}`);
  return stdout;
}

/** A wheel file named by hand: unpacked once into the cache under its own checksum. */
export async function libraryFromWheelFile(cache: string, wheel: string): Promise<Library> {
  requirePython(false);
  const id = `wheel-${(await sha256OfFile(wheel)).slice(0, 16)}`;
  try {
    return cachedLibrary(cache, id);
  } catch {
    await mkdir(cache, { recursive: true });
    return unpackLibrary(cache, id, [wheel]);
  }
}

/** Sets which build this machine's clones use; `wishedVariant` reads it. */
export async function writeWish(cache: string, variant: Variant): Promise<void> {
  await mkdir(dirname(join(cache, 'wish')), { recursive: true });
  await writeFile(join(cache, 'wish'), `${variant}\n`);
}
