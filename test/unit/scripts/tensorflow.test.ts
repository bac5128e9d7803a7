import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test, vi } from 'vitest';

import {
  cachedLibrary,
  namedLibrary,
  putCusolverInReach,
  unpackLibrary,
} from '../../../scripts/setup/library.ts';
import { trySources, type Source } from '../../../scripts/setup/tensorflow.ts';
import { cudaWheels, cudaWheelsNamedBy } from '../../../scripts/setup/tensorflow-pins.ts';
import { lastComplaint, runWatched } from '../../../scripts/setup/watched.ts';
import { obtainWheel, type FetchWheel } from '../../../scripts/setup/wheel.ts';

const scratch = () => mkdtempSync(path.join(tmpdir(), 'tensorflow-'));
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const works = () => ({ version: '2.21.0', gpu: false, note: '' });

function source(name: string, result: string | Error): Source & { tried: () => boolean } {
  const provide = vi.fn(async () => {
    if (result instanceof Error) throw result;
    return result;
  });
  return { name, provide, tried: () => provide.mock.calls.length > 0 };
}

/** A wheel with the files that set-up looks for, and one more that it must leave. */
function writeWheel(file: string, extra: Record<string, string> = {}): void {
  const entries = {
    'tensorflow/libtensorflow_cc.so.2': 'library',
    'tensorflow/libtensorflow_framework.so.2': 'framework',
    'tensorflow/include/tensorflow/c/c_api.h': '// header',
    'tensorflow/python/large.py': 'not wanted',
    'tensorflow_cpu-2.21.0.dist-info/METADATA': 'Name: tensorflow-cpu',
    ...extra,
  };
  const program =
    'import sys,json,zipfile\nz=zipfile.ZipFile(sys.argv[1],"w")\n' +
    'for n,t in json.loads(sys.argv[2]).items(): z.writestr(n,t)\nz.close()';
  expect(spawnSync('python3', ['-c', program, file, JSON.stringify(entries)]).status).toBe(0);
}

test('a binding that does not load would be taken for good by every later set-up', async () => {
  const discarded: string[] = [];
  const cache: Source = {
    ...source('cache', '/b'),
    discard: async (binding) => void discarded.push(binding),
  };
  const broken = () => {
    throw new Error('file too short');
  };
  expect(await trySources([cache], 'cpu', broken, () => undefined)).toMatchObject({ ok: false });
  expect(discarded).toEqual(['/b']);
  await trySources([cache], 'cpu', works, () => undefined);
  expect(discarded).toHaveLength(1);
});

test('sources would be tried out of order, or after one that works', async () => {
  const [first, second, third] = [
    source('env', new Error('not set')),
    source('cache', '/b'),
    source('wheel', '/c'),
  ];
  const lines: string[] = [];
  const outcome = await trySources([first, second, third], 'cpu', works, (...words) =>
    lines.push(words.join(' | ')),
  );
  expect(outcome).toMatchObject({ ok: true, source: 'cache', binding: '/b' });
  expect(third.tried()).toBe(false);
  expect(lines[0]).toBe('TensorFlow from env | not used | not set');
  expect(lines).toHaveLength(2);
});

test('a library that links but does not compute would be kept', async () => {
  const prove = vi.fn(works).mockImplementationOnce(() => {
    throw new Error('needs AVX');
  });
  const outcome = await trySources(
    [source('cache', '/b'), source('wheel', '/c')],
    'cpu',
    prove,
    () => undefined,
  );
  expect(outcome).toMatchObject({ ok: true, source: 'wheel' });
});

test('with no source at all set-up would fail instead of going on with the next backend', async () => {
  const outcome = await trySources([source('env', new Error('not set'))], 'cpu', works, () => undefined);
  expect(outcome).toMatchObject({ ok: false, binding: null, reason: 'env: not set' });
});

test('a GPU build that finds no GPU would compute on the processor in silence', async () => {
  const lines: string[] = [];
  await trySources(
    [source('cache', '/b')],
    'gpu',
    () => ({ ...works(), note: 'no CUDA driver' }),
    (...words) => lines.push(words.join(' ')),
  );
  expect(lines[0]).toContain('NO GPU');
  expect(lines[0]).toContain('no CUDA driver');
});

const fetchText =
  (text: string): FetchWheel =>
  async (_wheel, folder) => {
    writeFileSync(path.join(folder, 'some-1.0-any.whl'), text);
  };

test('a wheel with another content than the pinned one would be unpacked', async () => {
  const downloads = scratch();
  const wheel = { name: 'some', version: '1.0', sha256: sha256('right') };
  await expect(obtainWheel(wheel, downloads, fetchText('wrong'), () => undefined)).rejects.toThrow(
    'instead of the pinned',
  );
  expect(readdirSync(downloads)).toEqual([]);
});

test('an interrupted download would be taken for whole, a whole one fetched again', async () => {
  const downloads = scratch();
  const wheel = { name: 'some', version: '1.0', sha256: sha256('right') };
  const fetch = vi.fn(fetchText('right'));
  mkdirSync(path.join(downloads, 'some.partial'));
  writeFileSync(path.join(downloads, 'some.partial/some-1.0-any.whl'), 'rig');
  const file = await obtainWheel(wheel, downloads, fetch, () => undefined);
  expect(readFileSync(file, 'utf8')).toBe('right');
  await obtainWheel(wheel, downloads, fetch, () => undefined);
  expect(fetch).toHaveBeenCalledTimes(1);
  truncateSync(file, 3);
  await obtainWheel(wheel, downloads, fetch, () => undefined);
  expect(fetch).toHaveBeenCalledTimes(2);
  expect(readdirSync(downloads)).toHaveLength(1);
});

test('the whole wheel would be unpacked, or a half-unpacked folder used', async () => {
  const cache = scratch();
  const wheel = path.join(cache, 'a.whl');
  writeWheel(wheel);
  mkdirSync(path.join(cache, 'id.partial-1/tensorflow'), { recursive: true });
  expect(() => cachedLibrary(cache, 'id')).toThrow('nothing there yet');
  const library = await unpackLibrary(cache, 'id', [wheel]);
  expect(readFileSync(path.join(library.libFolder, 'libtensorflow_cc.so.2'), 'utf8')).toBe('library');
  expect(existsSync(path.join(library.libFolder, 'python'))).toBe(false);
  expect(readdirSync(cache).sort()).toEqual(['a.whl', 'id']);
});

test('TensorFlow would pass over every GPU: it does not look for cuSOLVER where the wheel puts it', async () => {
  const cache = scratch();
  const wheel = path.join(cache, 'a.whl');
  writeWheel(wheel, {
    'nvidia/cusolver/lib/libcusolver.so.11': 'cusolver',
    'nvidia/cuda_runtime/lib/libcudart.so.12': 'cudart',
  });
  const { bindingsFolder } = await unpackLibrary(cache, 'id', [wheel]);
  const inReach = path.join(bindingsFolder, 'nvidia/cuda_runtime/lib/libcusolver.so.11');
  expect(readFileSync(inReach, 'utf8')).toBe('cusolver');
  // A library that an earlier version assembled has no link yet; one that has it is left alone.
  unlinkSync(inReach);
  await putCusolverInReach(bindingsFolder);
  await putCusolverInReach(bindingsFolder);
  expect(readFileSync(inReach, 'utf8')).toBe('cusolver');
});

test('a cached library that lost bytes would be linked', async () => {
  const cache = scratch();
  const wheel = path.join(cache, 'a.whl');
  writeWheel(wheel);
  const { libFolder } = await unpackLibrary(cache, 'id', [wheel]);
  truncateSync(path.join(libFolder, 'libtensorflow_cc.so.2'), 2);
  expect(() => cachedLibrary(cache, 'id')).toThrow('damaged');
});

test('a wheel that names a file outside of its folder would write there', async () => {
  const cache = scratch();
  const wheel = path.join(cache, 'a.whl');
  writeWheel(wheel, { 'nvidia/../../escaped': 'x' });
  await expect(unpackLibrary(cache, 'id', [wheel])).rejects.toThrow('cannot be unpacked');
  expect(existsSync(path.join(cache, 'id'))).toBe(false);
  expect(existsSync(path.join(cache, '..', 'escaped'))).toBe(false);
});

test('a folder named by hand would be refused although it holds all three, or taken when it does not', async () => {
  const folder = scratch();
  expect(() => namedLibrary(folder, '/cache')).toThrow('does not hold libtensorflow_cc.so.2');
  for (const file of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'])
    writeFileSync(path.join(folder, file), '');
  expect(() => namedLibrary(folder, '/cache')).toThrow('c_api.h');
  mkdirSync(path.join(folder, 'include/tensorflow/c'), { recursive: true });
  await copyFile(
    path.join(folder, 'libtensorflow_cc.so.2'),
    path.join(folder, 'include/tensorflow/c/c_api.h'),
  );
  expect(namedLibrary(folder, '/cache')).toMatchObject({
    libFolder: folder,
    includeFolder: path.join(folder, 'include'),
  });
});

test('the CUDA libraries would be guessed instead of read from the wheel, or fetched unpinned', () => {
  const metadata = cudaWheels
    .map(({ name }) => `Requires-Dist: ${name}<13.0,>=12.0; extra == "and-cuda"`)
    .concat('Requires-Dist: numpy>=1.26')
    .join('\n');
  expect(cudaWheelsNamedBy(metadata).map(({ name }) => name)).toEqual(cudaWheels.map(({ name }) => name));
  expect(() => cudaWheelsNamedBy('Requires-Dist: nvidia-new-cu12; extra == "and-cuda"')).toThrow(
    'nvidia-new-cu12',
  );
});

test('a download that stands still would hang the set-up', async () => {
  const result = await runWatched({
    command: process.execPath,
    args: ['--eval', 'setInterval(() => {}, 1000)'],
    watchFolders: [scratch()],
    idleMs: 100,
    pollMs: 10,
  });
  expect(result).toMatchObject({ ok: false, reason: expect.stringContaining('without bytes') as string });
});

test('a failed program would be reported by its last line instead of the one that says why', () => {
  expect(lastComplaint('Collecting x\nERROR: no matching distribution\n\n    at run (file.js)\n')).toBe(
    'ERROR: no matching distribution',
  );
});
