import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { lstat, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Drawback } from '../../src/compute/backend.ts';
import { syncFile, syncFolder } from '../../src/files/durable.ts';
import type { Library } from './library.ts';

/** tfjs-node as it lies in node_modules. */
export interface TfjsNode {
  folder: string;
  version: string;
  napiVersion: number;
  /** Where its JavaScript looks for the compiled binding. */
  bindingPath: string;
}

export function findTfjsNode(root: string): TfjsNode {
  const folder = join(root, 'node_modules/@tensorflow/tfjs-node-gpu');
  const packageFile = join(folder, 'package.json');
  const { version, binary } = JSON.parse(readFileSync(packageFile, 'utf8')) as {
    version: string;
    binary: { napi_versions: number[] };
  };
  const { find } = createRequire(packageFile)('@mapbox/node-pre-gyp') as {
    find: (packageFile: string) => string;
  };
  const known = Number(process.versions['napi']);
  return {
    folder,
    version,
    napiVersion: Math.max(...binary.napi_versions.filter((napi) => napi <= known)),
    bindingPath: find(packageFile),
  };
}

/** The C++ compiler, or null: the one that CXX names, else the usual ones. */
export function findCompiler(env: NodeJS.ProcessEnv = process.env): string | null {
  const candidates = [env['CXX'], 'c++', 'g++', 'clang++'].filter(
    (name) => name !== undefined && name !== '',
  );
  return candidates.find((name) => spawnSync(name ?? '', ['--version']).status === 0) ?? null;
}

export const compilerMissing = 'a C++ compiler is missing; on Debian: sudo apt install g++';

async function bindingSources(tfjs: TfjsNode): Promise<string[]> {
  const folder = join(tfjs.folder, 'binding');
  return (await readdir(folder)).sort().map((name) => join(folder, name));
}

const flags = ['-std=c++17', '-O2', '-fPIC', '-shared'];

/** Where the binding of this tfjs-node to this library lies, once compiled. */
export async function bindingFile(tfjs: TfjsNode, library: Library): Promise<string> {
  const hash = createHash('sha256').update(flags.join(' '));
  for (const file of await bindingSources(tfjs)) hash.update(basename(file)).update(readFileSync(file));
  const id = `tfjs-${tfjs.version}-napi${tfjs.napiVersion}-${hash.digest('hex').slice(0, 12)}`;
  return join(library.bindingsFolder, id, 'tfjs_binding.node');
}

/** Compiles the binding with the compiler directly, unless it is there. The caller holds the cache's lock. */
export async function compileBinding(root: string, tfjs: TfjsNode, library: Library): Promise<string> {
  const target = await bindingFile(tfjs, library);
  if (existsSync(target)) return target;
  const compiler = findCompiler();
  if (compiler === null) throw new Error(compilerMissing);
  const partial = `${dirname(target)}.partial-${process.pid}`;
  await mkdir(partial, { recursive: true });
  try {
    const inside = !relative(library.bindingsFolder, library.libFolder).startsWith('..');
    const runPath = inside ? `$ORIGIN/${relative(dirname(target), library.libFolder)}` : library.libFolder;
    const sources = (await bindingSources(tfjs)).filter((file) => file.endsWith('.cc'));
    const args = [
      ...flags,
      `-DNAPI_VERSION=${tfjs.napiVersion}`,
      `-I${join(root, 'node_modules/node-api-headers/include')}`,
      `-I${library.includeFolder}`,
      `-I${tfjs.folder}`,
      ...sources,
      `-L${library.libFolder}`,
      '-l:libtensorflow_cc.so.2',
      '-l:libtensorflow_framework.so.2',
      `-Wl,-rpath,${runPath}`,
      '-o',
      join(partial, basename(target)),
    ];
    const { status, stderr, error } = spawnSync(compiler, args, {
      encoding: 'utf8',
      maxBuffer: 64 * 2 ** 20,
    });
    if (status !== 0) {
      const line = stderr.split('\n').find((text) => /error/i.test(text)) ?? error?.message ?? stderr.trim();
      throw new Error(`${compiler} cannot compile tfjs-node's binding: ${line}`);
    }
    // Else a power loss after the rename could leave an empty file under the final name.
    await syncFile(join(partial, basename(target)));
    await syncFolder(partial);
    await rm(dirname(target), { recursive: true, force: true });
    await rename(partial, dirname(target));
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return target;
}

/** Puts the binding where tfjs-node looks for it, by one rename, so that a program that starts meanwhile finds one. */
export async function linkBinding(tfjs: TfjsNode, binding: string): Promise<void> {
  const { bindingPath } = tfjs;
  await mkdir(dirname(bindingPath), { recursive: true });
  const partial = `${bindingPath}.${process.pid}`;
  await rm(partial, { force: true });
  await symlink(binding, partial);
  await rename(partial, bindingPath);
}

export async function unlinkBinding(tfjs: TfjsNode): Promise<boolean> {
  const { bindingPath } = tfjs;
  const there = await lstat(bindingPath).catch(() => null);
  if (there !== null) await rm(bindingPath);
  return there !== null;
}

export interface Proof {
  version: string;
  gpu: boolean;
  /** Why a build for GPUs uses none and what to do, with TensorFlow's own words; else empty. */
  note: string;
}

/** Loads what is linked in a child and multiplies two matrices; a crash there ends the child only. */
export function proveTensorflow(): Proof {
  const script = fileURLToPath(new URL('prove-tensorflow.mjs', import.meta.url));
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [script], {
    encoding: 'utf8',
    timeout: 180_000,
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '0' },
  });
  if (signal === 'SIGILL') throw new Error('the library needs instructions (AVX) that this processor lacks');
  if (status !== 0) {
    const line =
      stderr.split('\n').find((text) => /error|cannot|GLIBC/i.test(text)) ??
      `it ended with ${signal ?? status}`;
    throw new Error(`it does not load: ${line.trim()}`);
  }
  const { version, gpu, drawback } = JSON.parse(stdout) as {
    version: string;
    gpu: boolean;
    drawback: Drawback | null;
  };
  const said =
    stderr.split('\n').find((text) => /cuda|GPU|libcu/i.test(text) && !/AVX|oneDNN/.test(text)) ?? '';
  const words = said.replace(/^.*?\] /, '').trim();
  const parts = [drawback?.reason, drawback?.remedy, words && `TensorFlow says: ${words}`];
  return { version, gpu, note: gpu ? '' : parts.filter(Boolean).join(' ') };
}
