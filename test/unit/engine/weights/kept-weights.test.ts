import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { knownWeights } from '../../../../src/core/known-weights.ts';
import { createKeptWeights } from '../../../../src/engine/weights/kept-weights.ts';
import { describedNetwork } from '../../../../src/nn/described-network.ts';
import { initialWeights } from '../../../../src/nn/weights.ts';
import { writeModelFolder } from '../../../../src/worker/compute/model-folder.ts';
import { untroubled } from '../../../support/run-bench.ts';

let base: string;
let folder: string;
beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), 'readroom-weights-'));
  folder = path.join(base, 'weights');
});
afterEach(() => rmSync(base, { recursive: true }));

const noNetwork: typeof fetch = () => Promise.reject(new Error('no network was to be reached for'));
const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');
const file = (name: string, bytes: Buffer | string): string => {
  const at = path.join(base, name);
  mkdirSync(path.dirname(at), { recursive: true });
  writeFileSync(at, bytes);
  return at;
};

/** A run's folder with its model. */
async function runFolder(name: string): Promise<string> {
  const network = { id: 'alexnet-small', scale: 0.05, dropout: 0 };
  const geometry = { size: 28, channels: 1, fit: 'stretch', kernel: 'linear' } as const;
  const classes = ['a', 'b'];
  const built = describedNetwork(network, geometry, { kind: 'multiClass', classes });
  const facts = {
    network,
    geometry,
    classes,
    normalization: { mean: [0.3], deviation: [0.2] },
    generated: true,
  };
  await writeModelFolder(path.join(base, name, 'model'), facts, initialWeights(built, 1));
  return path.join(base, name);
}

describe('kept weights', () => {
  // Would catch: weights that are told to be here and cannot be read, or are gone while they are still named.
  it('of a file are copied, listed, found, and gone once removed', async () => {
    const kept = createKeptWeights(folder, noNetwork);
    const bytes = Buffer.from('a state dict');
    const original = file('mine.pth', bytes);
    const added = await kept.add({ path: original, name: 'My weights', licence: 'mine' }, untroubled());
    expect(added).toMatchObject({
      ...{ id: `own-${sha256(bytes).slice(0, 12)}`, name: 'My weights', licence: 'mine', network: null },
      kept: { bytes: bytes.length, sha256: sha256(bytes) },
    });
    rmSync(original);
    const { path: at } = await kept.find(added.id);
    expect(readFileSync(at)).toEqual(bytes);
    const listed = await kept.list();
    expect(listed).toContainEqual(added);
    expect(
      listed
        .filter((one) => one.kept === null)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(knownWeights.map(({ id }) => id).toSorted());
    await kept.remove(added.id);
    await expect(kept.find(added.id)).rejects.toMatchObject({ code: 'unknownWeights' });
    await expect(kept.remove(added.id)).rejects.toMatchObject({ code: 'unknownWeights' });
    expect(readdirSync(folder)).toEqual([]);
  });

  // Would catch: a model without its weights.bin, or a run's normalisation that is lost on the way.
  it('of a run come with the files that belong together and what the model says of itself', async () => {
    const kept = createKeptWeights(folder, noNetwork);
    const run = await runFolder('run');
    const added = await kept.add({ path: run }, untroubled());
    expect(added).toMatchObject({
      ...{ network: 'alexnet-small', inputSize: 28, generated: true },
      normalization: { mean: [0.3], deviation: [0.2] },
    });
    const { path: at } = await kept.find(added.id);
    expect(path.basename(at)).toBe('model.json');
    expect(readdirSync(path.dirname(at)).toSorted()).toEqual(['model.json', 'weights.bin']);
    // The same by its model.json is the same.
    expect((await kept.add({ path: path.join(run, 'model', 'model.json') }, untroubled())).id).toBe(added.id);
    expect((await kept.list()).filter((one) => one.kept !== null)).toHaveLength(1);
  });

  it('refuse what is not there and a folder that holds none', async () => {
    const kept = createKeptWeights(folder, noNetwork);
    const add = (at: string): Promise<unknown> => kept.add({ path: at }, untroubled());
    await expect(add(path.join(base, 'nowhere.pth'))).rejects.toMatchObject({ code: 'fileNotFound' });
    mkdirSync(path.join(base, 'empty'));
    await expect(add(path.join(base, 'empty'))).rejects.toMatchObject({ code: 'badWeights' });
    expect(readdirSync(folder)).toEqual([]);
  });

  // Would catch: one damaged folder that hides all weights of the machine.
  it('are listed although one of them is damaged', async () => {
    const kept = createKeptWeights(folder, noNetwork);
    const added = await kept.add({ path: file('mine.pth', 'weights') }, untroubled());
    file('weights/own-broken/weights.json', '{ "id": ');
    file('weights/own-other/weights.json', '{"id":"own-other"}');
    expect((await kept.list()).filter((one) => one.kept !== null)).toEqual([added]);
  });

  it('of a model.json that is none are kept as a file without facts, and the training that tries them tells', async () => {
    const kept = createKeptWeights(folder, noNetwork);
    const added = await kept.add({ path: file('strange/model.json', 'not JSON') }, untroubled());
    expect(added).toMatchObject({ network: null, normalization: null, name: 'model.json' });
  });
});

describe('a model.json', () => {
  const manifest = (paths: string[]): string => JSON.stringify({ weightsManifest: [{ paths, weights: [] }] });

  // Would catch: other models' files beside it that are copied, and whose bytes make another id.
  it('brings the files that it names, and no other', async () => {
    const kept = createKeptWeights(folder, noNetwork);
    file('tfjs/other.bin', 'of another model');
    file('tfjs/group1-shard1of1.bin', 'weights');
    const added = await kept.add(
      { path: file('tfjs/model.json', manifest(['group1-shard1of1.bin'])) },
      untroubled(),
    );
    const content = path.dirname((await kept.find(added.id)).path);
    expect(readdirSync(content).toSorted()).toEqual(['group1-shard1of1.bin', 'model.json']);
    const run = await runFolder('run');
    file('run/model/older.bin', 'of an older model');
    const ofRun = await kept.add({ path: path.join(run, 'model', 'model.json') }, untroubled());
    const files = readdirSync(path.dirname((await kept.find(ofRun.id)).path));
    expect(files.toSorted()).toEqual(['model.json', 'weights.bin']);
  });

  it.each([
    [['gone.bin'], 'fileNotFound', 'names gone.bin, which is not beside it'],
    [['../mine.pth'], 'badWeights', 'names "../mine.pth", which is no file beside it'],
  ])('that names %j is refused', async (paths, code, message) => {
    file('mine.pth', 'weights');
    const kept = createKeptWeights(folder, noNetwork);
    await expect(
      kept.add({ path: file('tfjs/model.json', manifest(paths)) }, untroubled()),
    ).rejects.toMatchObject({ code, message: expect.stringContaining(message) as unknown });
  });
});

describe('what a crash left', () => {
  // Would catch: half a copy that is listed, and scratch folders that fill the disk for good.
  it('is never listed, and is removed a day later by the next work', async () => {
    const kept = createKeptWeights(folder, noNetwork);
    const added = await kept.add({ path: file('mine.pth', 'weights') }, untroubled());
    const facts = readFileSync(path.join(folder, added.id, 'weights.json'));
    for (const name of ['.new-old', '.new-now']) {
      file(`weights/${name}/weights.json`, facts);
      file(`weights/${name}/content/mine.pth`, 'weights');
    }
    const before = new Date(Date.now() - 2 * 86_400_000);
    utimesSync(path.join(folder, '.new-old'), before, before);
    expect((await kept.list()).filter((one) => one.kept !== null)).toEqual([added]);
    await kept.add({ path: file('other.pth', 'other') }, untroubled());
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual(['.new-now']);
  });

  it.each(['content', 'content/mine.pth'])('without its %s is not found', async (lost) => {
    const kept = createKeptWeights(folder, noNetwork);
    const { id } = await kept.add({ path: file('mine.pth', 'weights') }, untroubled());
    rmSync(path.join(folder, id, lost), { recursive: true });
    await expect(kept.find(id)).rejects.toMatchObject({ code: 'unknownWeights' });
  });
});

describe('published weights', () => {
  const known = knownWeights[0]!;
  const answer = (body: string, status = 200): typeof fetch => {
    return (url) => {
      expect(url).toBe(known.url);
      return Promise.resolve(new Response(body, { status }));
    };
  };

  // Would catch: a download that is taken for the published file whatever came.
  it('that are not what was published are refused, and leave nothing', async () => {
    const kept = createKeptWeights(folder, answer('a page that says to log in'));
    const wanted = sha256('a page that says to log in').slice(0, 8);
    await expect(kept.fetch(known.id, untroubled())).rejects.toMatchObject({
      code: 'downloadFailed',
      message: expect.stringContaining(`begins with ${wanted}, not ${known.sha256Start}`) as unknown,
    });
    expect(readdirSync(folder)).toEqual([]);
    expect((await kept.list()).every((one) => one.kept === null)).toBe(true);
  });

  it('that cannot be reached name the way round', async () => {
    for (const download of [answer('gone', 404), noNetwork]) {
      const fetched = createKeptWeights(folder, download).fetch(known.id, untroubled());
      await expect(fetched).rejects.toMatchObject({
        code: 'downloadFailed',
        hint: expect.stringContaining('readroom weights add FILE') as unknown,
      });
    }
    const unknown = createKeptWeights(folder, noNetwork).fetch('resnet-of-nobody', untroubled());
    await expect(unknown).rejects.toMatchObject({ code: 'unknownWeights' });
  });

  // Would catch: a connection that breaks off, which came out as a TypeError of the platform.
  it('that break off on the way are told so, and leave nothing', async () => {
    const broken = new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(new Uint8Array(1000)),
      pull: (stream) => stream.error(new TypeError('terminated')),
    });
    const kept = createKeptWeights(folder, () => Promise.resolve(new Response(broken)));
    await expect(kept.fetch(known.id, untroubled())).rejects.toMatchObject({
      code: 'downloadFailed',
      message: `${known.url} could not be fetched: terminated.`,
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('above 2 GB are not fetched', async () => {
    const headers = { 'content-length': '3000000000' };
    const kept = createKeptWeights(folder, () => Promise.resolve(new Response('begins', { headers })));
    await expect(kept.fetch(known.id, untroubled())).rejects.toMatchObject({
      code: 'downloadFailed',
      message: expect.stringContaining('larger than 2 GB') as unknown,
    });
  });

  it('that were called off are cancelled, not failed', async () => {
    const stop = new AbortController();
    const endless = new ReadableStream<Uint8Array>({ pull: (stream) => stream.enqueue(new Uint8Array(10)) });
    const kept = createKeptWeights(folder, () => Promise.resolve(new Response(endless)));
    const context = { signal: stop.signal, progress: () => stop.abort() };
    await expect(kept.fetch(known.id, context)).rejects.toMatchObject({ name: 'AbortError' });
  });

  // Would catch: a file made to begin with the same eight digits that is taken for the published one.
  it('are not recognised in a file of another size', async () => {
    const content = 'stands in for the published file';
    const stand = { ...known, sha256Start: sha256(content).slice(0, 8) };
    const kept = createKeptWeights(folder, noNetwork, [stand]);
    const added = await kept.add({ path: file('mine.pth', content) }, untroubled());
    expect(added).toMatchObject({ id: expect.stringMatching(/^own-/) as unknown, source: 'a file of yours' });
  });

  // Would catch: a file that was fetched elsewhere and dropped in, but is not known for what it is.
  it('are recognised by the beginning of their checksum, whatever the file is called', async () => {
    const content = 'stands in for the published file';
    const stand = { ...known, sha256Start: sha256(content).slice(0, 8), bytes: content.length };
    const kept = createKeptWeights(folder, () => Promise.resolve(new Response(content)), [stand]);
    const dropped = await kept.add({ path: file('download (1)', content), name: 'ignored' }, untroubled());
    expect(dropped).toMatchObject({ id: known.id, name: known.name, normalization: known.normalization });
    expect(dropped.source).toBe(
      `${known.source}; recognised by the first eight digits of its SHA-256 that torchvision publishes`,
    );
    await kept.remove(known.id);
    const fetched = await kept.fetch(known.id, untroubled());
    expect({ ...fetched, kept: null }).toEqual({ ...dropped, kept: null, source: known.source });
    expect(fetched.kept!.sha256).toBe(sha256(content));
    expect(readFileSync((await kept.find(known.id)).path, 'utf8')).toBe(content);
  });
});
