import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import type { PinnedWheel } from './tensorflow-pins.ts';
import { megabytes, runWatched } from './watched.ts';

export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Fetches one wheel into a folder and returns nothing; throws with the reason. Replaced in tests. */
export type FetchWheel = (
  wheel: PinnedWheel,
  folder: string,
  onProgress: (note: string) => void,
) => Promise<void>;

/** The Python package index's ordinary client; pip itself checks the hash too. */
export const fetchWithPip: FetchWheel = async (wheel, folder, onProgress) => {
  const requirements = join(folder, 'requirements.txt');
  const temporary = join(folder, 'temporary');
  await mkdir(temporary);
  await writeFile(requirements, `${wheel.name}==${wheel.version} --hash=sha256:${wheel.sha256}\n`);
  const platforms = [
    'manylinux_2_27_x86_64',
    'manylinux_2_17_x86_64',
    'manylinux2014_x86_64',
    'manylinux2010_x86_64',
  ];
  const result = await runWatched({
    command: 'python3',
    args: ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--python-version', '3.11']
      .concat(platforms.flatMap((platform) => ['--platform', platform]))
      .concat(['--require-hashes', '--requirement', requirements, '--dest', folder])
      .concat(['--no-cache-dir', '--progress-bar', 'off', '--disable-pip-version-check', '--retries', '2']),
    // pip downloads into its temporary folder first: there we see bytes arrive, and a small /tmp is no hindrance.
    env: { TMPDIR: temporary },
    watchFolders: [temporary],
    idleMs: 120_000,
    onProgress: (bytes) => {
      onProgress(`${megabytes(bytes)} of ${wheel.name} so far`);
    },
  });
  if (result.ok) return;
  const unreachable = /connection broken by|Could not fetch URL/.test(result.output);
  throw new Error(`pip: ${unreachable ? 'the package index cannot be reached; ' : ''}${result.reason}`);
};

/**
 * The wheel's file in `downloads`, fetched unless it lies there whole. A file is taken for whole only
 * when its SHA-256 is the pinned one; anything else is removed.
 * @throws when it cannot be had or its checksum differs
 */
export async function obtainWheel(
  wheel: PinnedWheel,
  downloads: string,
  fetchWheel: FetchWheel,
  onProgress: (note: string) => void,
): Promise<string> {
  const file = join(downloads, `${wheel.name}-${wheel.version}-${wheel.sha256.slice(0, 16)}.whl`);
  if (existsSync(file)) {
    if ((await sha256OfFile(file)) === wheel.sha256) return file;
    await rm(file);
  }
  const partial = join(downloads, `${wheel.name}.partial`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  onProgress(`fetching ${wheel.name} ${wheel.version}`);
  try {
    await fetchWheel(wheel, partial, onProgress);
    const fetched = (await readdir(partial)).filter((name) => name.endsWith('.whl'));
    const [name] = fetched;
    if (name === undefined || fetched.length !== 1)
      throw new Error(`${fetched.length} files came for ${wheel.name}`);
    const sha256 = await sha256OfFile(join(partial, name));
    if (sha256 !== wheel.sha256) {
      throw new Error(
        `${basename(name)} has SHA-256 ${sha256} instead of the pinned ${wheel.sha256}: not used`,
      );
    }
    await rename(join(partial, name), file);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return file;
}
