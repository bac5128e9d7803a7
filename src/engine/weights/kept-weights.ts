import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { modelFileSchema } from '../../contract/run-folder.ts';
import { type StartingWeights, startingWeightsSchema } from '../../contract/weights.ts';
import { type KnownWeights, knownWeights } from '../../core/known-weights.ts';
import { diskError } from '../../files/disk-error.ts';
import { writeFileWhole } from '../../files/durable.ts';
import type { JobContext } from '../jobs.ts';
import { downloaded } from './download.ts';
import { jsonOf, weightFiles } from './weight-files.ts';

/** Kept weights of this machine: a folder each below `weights` of the settings folder. */
export interface KeptWeights {
  list(): Promise<StartingWeights[]>;
  /** @throws ReadroomError `fileNotFound`, `badWeights`, `diskFull`, `cancelled` */
  add(
    request: { path: string; name?: string | undefined; licence?: string | undefined },
    context: JobContext,
  ): Promise<StartingWeights>;
  /** @throws ReadroomError `unknownWeights`, `downloadFailed`, `diskFull`, `cancelled` */
  fetch(id: string, context: JobContext): Promise<StartingWeights>;
  /** @throws ReadroomError `unknownWeights` */
  remove(id: string): Promise<void>;
  /** What is kept under an id, and the file or folder to read. @throws ReadroomError `unknownWeights` */
  find(id: string): Promise<{ weights: StartingWeights; path: string }>;
}

const factsName = 'weights.json';
/** The kept file, or folder of files that belong together. */
const contentName = 'content';
/** Folders of work that is under way. */
const scratchStart = '.new-';
/** No work takes so long: a crash left it. */
const leftAfterMs = 86_400_000;
/** How far the size of a file may be from the published one's, which is rounded to 0.001 MiB. */
const sizeTolerance = 0.001;

/**
 * @param download `fetch` of the platform: the one way in which Readroom reaches for the network
 * @param published files that can be fetched, and are recognised
 */
export function createKeptWeights(
  folder: string,
  download: typeof fetch = fetch,
  published: readonly KnownWeights[] = knownWeights,
): KeptWeights {
  async function kept(): Promise<StartingWeights[]> {
    const names = await readdir(folder).catch(() => []);
    const whole = names.filter(
      (name) => !name.startsWith(scratchStart) && existsSync(path.join(folder, name, contentName)),
    );
    const all = await Promise.all(whole.map((name) => readFacts(path.join(folder, name, factsName))));
    return all.filter((one) => one !== null);
  }

  /** Moves a finished folder to its place; what stood there was the same weights. */
  async function settle(scratch: string, weights: StartingWeights): Promise<StartingWeights> {
    await writeFileWhole(path.join(scratch, factsName), JSON.stringify(weights, null, 2));
    const place = path.join(folder, weights.id);
    await rm(place, { recursive: true, force: true });
    await rename(scratch, place);
    return weights;
  }

  /** Removes what a crash left. */
  async function sweep(): Promise<void> {
    const names = await readdir(folder);
    for (const name of names.filter((one) => one.startsWith(scratchStart))) {
      const left = path.join(folder, name);
      const found = await stat(left).catch(() => null);
      if (found && Date.now() - found.mtimeMs > leftAfterMs) await rm(left, { recursive: true, force: true });
    }
  }

  /** Work in a folder of its own, which is removed unless it was settled. */
  async function inScratch<T>(work: (scratch: string) => Promise<T>): Promise<T> {
    try {
      await mkdir(folder, { recursive: true });
      await sweep();
      const scratch = await mkdtemp(path.join(folder, scratchStart));
      return await work(scratch).finally(() => rm(scratch, { recursive: true, force: true }));
    } catch (error) {
      throw diskError(error, folder);
    }
  }

  return {
    async list() {
      const here = await kept();
      const ids = new Set(here.map(({ id }) => id));
      const elsewhere = published.filter(({ id }) => !ids.has(id)).map((known) => factsOf(known, null));
      return [...here, ...elsewhere].sort((a, b) => a.name.localeCompare(b.name));
    },

    add: (request, context) =>
      inScratch(async (scratch) => {
        const files = await weightFiles(request.path);
        const content = path.join(scratch, contentName);
        await mkdir(content);
        let bytes = 0;
        const hash = createHash('sha256');
        for (const file of files) {
          const to = path.join(content, path.basename(file));
          await copyFile(file, to);
          for await (const chunk of createReadStream(to)) {
            context.signal.throwIfAborted();
            hash.update(chunk as Buffer);
            bytes += (chunk as Buffer).length;
            context.progress(bytes, null, 'Copying');
          }
        }
        const keptFacts = { bytes, sha256: hash.digest('hex'), addedAt: new Date().toISOString() };
        const known = published.find((one) => isLike(one, keptFacts));
        if (known) {
          const source = `${known.source}; recognised by the first eight digits of its SHA-256 that torchvision publishes`;
          return settle(scratch, { ...factsOf(known, keptFacts), source });
        }
        return settle(scratch, {
          ...(await ownFacts(request, files)),
          id: `own-${keptFacts.sha256.slice(0, 12)}`,
          kept: keptFacts,
        });
      }),

    fetch: async (id, context) => {
      const known = published.find((one) => one.id === id);
      if (!known) throw unknown(id);
      return inScratch(async (scratch) => {
        const content = path.join(scratch, contentName);
        await mkdir(content);
        const file = path.join(content, known.fileName);
        const { bytes, sha256 } = await downloaded(download, known.url, file, context);
        if (!sha256.startsWith(known.sha256Start))
          throw new ReadroomError(
            'downloadFailed',
            `What ${known.url} gave is not the published file: its SHA-256 begins with ${sha256.slice(0, 8)}, not ${known.sha256Start}.`,
            'Try again, or get the file elsewhere and add it: readroom weights add FILE',
          );
        return settle(scratch, factsOf(known, { bytes, sha256, addedAt: new Date().toISOString() }));
      });
    },

    async remove(id) {
      if (!(await kept()).some((one) => one.id === id)) throw unknown(id);
      await rm(path.join(folder, id), { recursive: true, force: true });
    },

    async find(id) {
      const weights = (await kept()).find((one) => one.id === id);
      if (!weights) throw unknown(id);
      const content = path.join(folder, id, contentName);
      const names = await readdir(content);
      const file = names.find((name) => name === 'model.json') ?? names[0];
      if (file === undefined) throw unknown(id);
      return { weights, path: path.join(content, file) };
    },
  };
}

async function readFacts(file: string): Promise<StartingWeights | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const parsed = startingWeightsSchema.safeParse(jsonOf(text));
  return parsed.success ? parsed.data : null;
}

/** Eight digits alone may be met by chance, or on purpose. */
const isLike = (
  { sha256Start, bytes: published }: KnownWeights,
  { bytes, sha256 }: { bytes: number; sha256: string },
): boolean => sha256.startsWith(sha256Start) && Math.abs(bytes - published) <= sizeTolerance * published;

function factsOf(
  { sha256Start: _, bytes: __, ...known }: KnownWeights,
  kept: StartingWeights['kept'],
): StartingWeights {
  return { ...known, kept };
}

/** What is known of weights that are not published: of a run's model what it says of itself. */
async function ownFacts(
  request: { path: string; name?: string | undefined; licence?: string | undefined },
  files: readonly string[],
): Promise<Omit<StartingWeights, 'id' | 'kept'>> {
  const [file] = files as [string];
  const model =
    path.basename(file) === 'model.json'
      ? modelFileSchema.safeParse(jsonOf(await readFile(file, 'utf8'))).data
      : undefined;
  const { id } = model?.network ?? { id: null };
  const network = startingWeightsSchema.shape.network.safeParse(id);
  return {
    name: request.name ?? (model ? `${model.network.id} of a run` : path.basename(file)),
    network: network.success ? network.data : null,
    source: model ? 'a run of Readroom' : 'a file of yours',
    licence: request.licence ?? 'not stated',
    fileName: path.basename(file),
    url: null,
    normalization: model?.normalization ?? null,
    inputSize: model?.geometry.size ?? null,
    generated: model?.generated ?? false,
  };
}

function unknown(id: string): ReadroomError {
  return new ReadroomError(
    'unknownWeights',
    `There are no weights "${id}" on this machine.`,
    'See what there is with: readroom weights list. Fetch or add them first.',
    { id },
  );
}
