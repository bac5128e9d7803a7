import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import {
  compileBinding,
  compilerMissing,
  findCompiler,
  findTfjsNode,
  linkBinding,
  proveTensorflow,
  unlinkBinding,
  type Proof,
  type TfjsNode,
} from './binding.ts';
import {
  cachedLibrary,
  libraryFromIndex,
  libraryFromWheelFile,
  namedLibrary,
  pinnedLibraryId,
  putCusolverInReach,
  writeWish,
  type Library,
} from './library.ts';
import { waitingFor, withLock } from './lock.mjs';
import { say, tensorflowCache, updateStamp, wishedVariant } from './places.mjs';
import { tensorflowWheels, type Variant } from './tensorflow-pins.ts';
import { lastComplaint, megabytes, runWatched } from './watched.ts';
import { fetchWithPip } from './wheel.ts';

/** One place that native TensorFlow can come from. */
export interface Source {
  name: string;
  /** Leaves a binding where tfjs-node looks, and returns the file; throws with the reason it cannot. */
  provide: () => Promise<string>;
  /** Removes a binding that this source provided and that does not load, so that the next set-up makes it anew. */
  discard?: (binding: string) => Promise<void>;
}

export interface Outcome {
  ok: boolean;
  source: string;
  binding: string | null;
  reason: string;
}

/** Tries the sources in order, telling of each why it was not used; what is linked must also compute. */
export async function trySources(
  sources: readonly Source[],
  wished: Variant,
  prove: () => Proof,
  tell: (what: string, result: string, reason?: string) => void,
): Promise<Outcome> {
  const reasons: string[] = [];
  for (const { name, provide, discard } of sources) {
    let binding: string | null = null;
    try {
      binding = await provide();
      const { version, gpu, note } = prove();
      const reason = `version ${version} from ${name}, ${gpu ? 'on the GPU' : 'on the CPU'}${note ? `: ${note}` : ''}`;
      const result = wished === 'gpu' && !gpu ? 'linked, but NO GPU CAN BE USED' : 'linked and computes';
      tell('TensorFlow', result, reason);
      return { ok: true, source: name, binding, reason };
    } catch (error) {
      if (binding !== null) await discard?.(binding);
      const reason = error instanceof Error ? error.message : String(error);
      reasons.push(`${name}: ${reason}`);
      tell(`TensorFlow from ${name}`, 'not used', reason);
    }
  }
  return { ok: false, source: '', binding: null, reason: reasons.join('; ') };
}

function isWhole(cache: string, id: string): boolean {
  try {
    return existsSync(cachedLibrary(cache, id).libFolder);
  } catch {
    return false;
  }
}

/** The ordered sources of the set-up: named by hand, cache, package index, tfjs-node's own download. */
export function tensorflowSources(root: string, tfjs: TfjsNode, variant: Variant): Source[] {
  const cache = tensorflowCache();
  const link = async (library: Library) => {
    const binding = await compileBinding(root, tfjs, library);
    await linkBinding(tfjs, binding);
    return binding;
  };
  const discard = async (binding: string) => rm(dirname(binding), { recursive: true, force: true });
  const named = process.env['READROOM_TENSORFLOW'];
  const wheel = tensorflowWheels[variant];
  return [
    {
      name: 'READROOM_TENSORFLOW',
      discard,
      provide: async () => {
        if (named === undefined || named === '') throw new Error('the variable is not set');
        const path = resolve(named);
        if (!existsSync(path)) throw new Error(`${path} does not exist`);
        return link(
          statSync(path).isFile() ? await libraryFromWheelFile(cache, path) : namedLibrary(path, cache),
        );
      },
    },
    {
      name: `the cache (${variant})`,
      discard,
      provide: async () => {
        const library = cachedLibrary(cache, pinnedLibraryId(variant));
        await putCusolverInReach(library.bindingsFolder);
        return link(library);
      },
    },
    {
      name: `the wheel ${wheel.name} ${wheel.version}`,
      discard,
      provide: async () => {
        if (process.platform !== 'linux' || process.arch !== 'x64')
          throw new Error('it is for Linux x64 only');
        if (findCompiler() === null) throw new Error(compilerMissing);
        if (isWhole(cache, pinnedLibraryId(variant))) {
          throw new Error(
            'it lies in the cache already, see above; npm run setup -- --remove clears the cache',
          );
        }
        return link(
          await libraryFromIndex(cache, variant, fetchWithPip, (note) => {
            say('TensorFlow', note);
          }),
        );
      },
    },
    { name: "tfjs-node's own download", provide: () => ownDownload(tfjs, variant) },
  ];
}

async function ownDownload(tfjs: TfjsNode, variant: Variant): Promise<string> {
  await unlinkBinding(tfjs);
  const result = await runWatched({
    command: process.execPath,
    args: [join(tfjs.folder, 'scripts/install.js'), variant, 'download'],
    cwd: tfjs.folder,
    watchFolders: [join(tfjs.folder, 'deps'), join(tfjs.folder, 'lib'), join(tfjs.folder, 'build')],
    idleMs: 60_000,
    onProgress: (bytes) => {
      say('TensorFlow', 'fetching', `tfjs-node's own library: ${megabytes(bytes)}`);
    },
  });
  if (!result.ok || !existsSync(tfjs.bindingPath)) {
    await rm(join(tfjs.folder, 'deps'), { recursive: true, force: true });
    throw new Error(result.reason || lastComplaint(result.output));
  }
  return tfjs.bindingPath;
}

/** Step 3: native TensorFlow under tfjs-node. Its absence ends nothing: the next backend is used. */
export async function setUpTensorflow(root: string, asked: Variant | null): Promise<void> {
  const cache = tensorflowCache();
  const variant = asked ?? wishedVariant();
  if (asked !== null) await writeWish(cache, asked);
  await mkdir(cache, { recursive: true });
  const tfjs = findTfjsNode(root);
  const lock = join(cache, 'lock');
  const outcome = await withLock(
    lock,
    () => trySources(tensorflowSources(root, tfjs, variant), variant, proveTensorflow, say),
    {
      onWait: (holder) => {
        say('TensorFlow', 'waiting', waitingFor(holder, lock));
      },
    },
  );
  if (!outcome.ok) {
    await unlinkBinding(tfjs);
    const rule = '='.repeat(78);
    process.stderr.write(`${rule}\n`);
    say('TensorFlow', 'NOT THERE. Readroom uses the next backend, which trains many times slower');
    say('TensorFlow', 'to try again: npm run setup; to see what is missing: npm run -s readroom -- doctor');
    process.stderr.write(`${rule}\n`);
  }
  updateStamp(root, {
    tensorflowWish: process.env['READROOM_TENSORFLOW'] || null,
    tensorflow: {
      ok: outcome.ok,
      binding: outcome.binding,
      variant,
      reason: outcome.reason,
      at: new Date().toISOString(),
    },
  });
}

/** Removes the cache for every clone of this user, and this clone's link. */
export async function removeTensorflow(root: string): Promise<void> {
  const cache = tensorflowCache();
  const tfjs = findTfjsNode(root);
  await mkdir(cache, { recursive: true });
  await withLock(join(cache, 'lock'), async () => {
    for (const name of await readdir(cache)) {
      if (!name.startsWith('lock')) await rm(join(cache, name), { recursive: true, force: true });
    }
    await rm(join(tfjs.folder, 'deps'), { recursive: true, force: true });
    const linked = await unlinkBinding(tfjs);
    say(
      'TensorFlow',
      'removed',
      `the cache of this user and ${linked ? "this clone's link" : 'no link, there was none'}`,
    );
  });
  updateStamp(root, { tensorflow: null });
}
