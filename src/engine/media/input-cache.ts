import { createHash } from 'node:crypto';
import { mkdir, open, readFile, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { inputVersion, type InputGeometry } from '../../contract/decode.ts';
import { inputIndexLineBytes, inputIndexName, misplacedRow } from '../../core/input-index.ts';
import { diskError } from '../../files/disk-error.ts';
import type { DecodePool } from './decode-pool.ts';
import {
  holdInputs,
  inInputFolder,
  inputsFolder,
  type InputBound,
  makeRoomForInputs,
  noteInputsUse,
} from './input-room.ts';

export interface InputRequest {
  /** With `byteSha256`, of the file that held the picture, an unchanged file takes less time. */
  images: readonly { path: string; frame: number; pixelSha256: string; byteSha256?: string }[];
  geometry: InputGeometry;
  /** The project's `cache` folder, or a temporary one. */
  cacheFolder: string;
  pool: DecodePool;
  /** Absent in a cache that goes after its use. */
  bound?: InputBound;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

export interface Inputs {
  /** uint8 slots of size·size·channels bytes. */
  file: string;
  /** Slot of each image, in the order asked for; -1 where it failed. */
  slots: number[];
  failed: { index: number; error: ReadroomError }[];
}

/** Pictures from one commit of the index to the next; a kill costs at most twice as many. */
const chunkSize = 256;
/** Codes that end the filling instead of failing one picture. */
const fatalCodes = new Set(['cancelled', 'diskFull']);
const emptySlot = '-'.repeat(inputIndexLineBytes - 1);

/** Folder of a geometry's inputs inside the cache. */
export function inputFolder(cacheFolder: string, geometry: InputGeometry): string {
  const { size, channels, fit, kernel, window } = geometry;
  const of = typeof window === 'object' ? [window.center, window.width, window.unit] : window && [window];
  const key = createHash('sha256')
    .update(JSON.stringify([inputVersion, size, channels, fit, kernel, ...(of ?? [])]))
    .digest('hex');
  return path.join(inputsFolder(cacheFolder), key.slice(0, 16));
}

/**
 * The index's whole lines, as far as pixels stand for them. What a kill tore off is cut away; an index that is
 * not one is dropped, since everything in it can be made again.
 */
async function readSlots(index: FileHandle, pixelBytes: number, slotBytes: number): Promise<string[]> {
  const lines = (await index.readFile('latin1')).split('\n').slice(0, -1);
  const sound = lines.every((line) => line === emptySlot || /^[0-9a-f]{64}$/.test(line));
  const slots = sound ? lines.slice(0, Math.floor(pixelBytes / slotBytes)) : [];
  await index.truncate(slots.length * inputIndexLineBytes);
  return slots;
}

interface Work {
  pixelSha256: string;
  byteSha256?: string;
  path: string;
  frame: number;
  slot: number;
}

async function writeChunk(
  work: readonly Work[],
  file: string,
  request: InputRequest,
): Promise<(ReadroomError | null)[]> {
  const { pool, geometry, signal } = request;
  const outcomes = await Promise.allSettled(
    work.map((one) => pool.cacheInput({ ...one, geometry, file }, signal)),
  );
  return outcomes.map((outcome) => {
    if (outcome.status === 'fulfilled') return null;
    const error: unknown = outcome.reason;
    if (!(error instanceof ReadroomError) || fatalCodes.has(error.code) || error.data['starts'] === false)
      throw error;
    return error;
  });
}

/** What is to be decoded, each picture once, in slots behind those that stand; and the slot of every picture. */
function plan(
  images: InputRequest['images'],
  known: readonly string[],
): { work: Work[]; slotOf: Map<string, number> } {
  const slotOf = new Map(known.map((hash, slot) => [hash, slot]));
  slotOf.delete(emptySlot);
  let next = known.length;
  const work: Work[] = [];
  for (const { path, frame, pixelSha256, byteSha256 } of images) {
    if (slotOf.has(pixelSha256)) continue;
    slotOf.set(pixelSha256, next);
    work.push({ path, frame, pixelSha256, slot: next++, ...(byteSha256 !== undefined && { byteSha256 }) });
  }
  return { work, slotOf };
}

/**
 * Decodes what is lacking, chunk by chunk; one is brought to the disk while the next is decoded, and the one after that
 * waits at the pool, which therefore never runs dry.
 */
async function writeAll(
  work: readonly Work[],
  file: string,
  { pixels, index }: { pixels: FileHandle; index: FileHandle },
  request: InputRequest,
): Promise<Map<string, ReadroomError>> {
  const failures = new Map<string, ReadroomError>();
  const standing = request.images.length - work.length;
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(request.signal ? [request.signal] : [])]);
  const begin = (start: number): { chunk: readonly Work[]; written: Promise<(ReadroomError | null)[]> } => {
    const chunk = work.slice(start, start + chunkSize);
    const written = writeChunk(chunk, file, { ...request, signal });
    // Awaited below; without this a failure beside that of the chunk before would end the process.
    written.catch(() => undefined);
    return { chunk, written };
  };
  const commit = async (chunk: readonly Work[], errors: readonly (ReadroomError | null)[]): Promise<void> => {
    // Pixels first: a line in the index says that its pixels stand.
    await pixels.datasync();
    await index.appendFile(
      chunk.map(({ pixelSha256 }, i) => `${errors[i] ? emptySlot : pixelSha256}\n`).join(''),
    );
  };
  let committed = Promise.resolve();
  let next = begin(0);
  try {
    for (let start = 0; start < work.length; start += chunkSize) {
      const { chunk, written } = next;
      next = begin(start + chunkSize);
      const errors = await written;
      errors.forEach((error, i) => {
        if (error) failures.set(chunk[i]!.pixelSha256, error);
      });
      request.onProgress?.(standing + start + chunk.length, request.images.length);
      await committed;
      committed = commit(chunk, errors);
      // As above.
      committed.catch(() => undefined);
    }
  } finally {
    // Nobody may write once the file is let go.
    stop.abort();
    await next.written.catch(() => undefined);
    await committed;
  }
  return failures;
}

async function fill(request: InputRequest, folder: string): Promise<Inputs> {
  const { images, geometry, bound } = request;
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'pixels.u8');
  const slotBytes = geometry.size * geometry.size * geometry.channels;
  const pixels = await open(file, 'a+');
  const index = await open(path.join(folder, inputIndexName), 'a+');
  try {
    const known = await readSlots(index, (await pixels.stat()).size, slotBytes);
    const { work, slotOf } = plan(images, known);
    request.pool.start(work.length);
    request.onProgress?.(images.length - work.length, images.length);
    const neededBytes = work.length * (slotBytes + inputIndexLineBytes);
    if (bound && work.length > 0) await makeRoomForInputs(folder, neededBytes, bound);
    const failures = await writeAll(work, file, { pixels, index }, request);
    await index.datasync();
    const slots = images.map(({ pixelSha256 }) =>
      failures.has(pixelSha256) ? -1 : slotOf.get(pixelSha256)!,
    );
    const failed = images.flatMap(({ pixelSha256 }, i) => {
      const error = failures.get(pixelSha256);
      return error ? [{ index: i, error }] : [];
    });
    return { file, slots, failed };
  } catch (error) {
    throw diskError(error, folder);
  } finally {
    await index.close();
    await pixels.close();
    await noteInputsUse(folder);
  }
}

/**
 * Makes sure that every image stands in the cache as network input, decoding only what is new. Equal pictures
 * share a slot. Images that cannot be read are in `failed`; a full disk, a cancellation and bugs throw.
 * @throws ReadroomError `diskFull`, `cancelled`
 */
export async function ensureInputs(request: InputRequest): Promise<Inputs> {
  const folder = inputFolder(request.cacheFolder, request.geometry);
  const release = holdInputs(folder);
  return inInputFolder(folder, () => fill(request, folder)).finally(release);
}

/** Whether a file of inputs holds the picture of every row at the row's slot. */
export async function holdsInputs(
  file: string,
  geometry: InputGeometry,
  rows: readonly { slot: number; pixelSha256: string }[],
): Promise<boolean> {
  const index = await readFile(path.join(path.dirname(file), inputIndexName), 'latin1').catch(() => null);
  const pixels = await stat(file).catch(() => null);
  if (index === null || pixels === null) return false;
  const slots = Math.floor(pixels.size / (geometry.size * geometry.size * geometry.channels));
  return misplacedRow(index, rows) === null && rows.every(({ slot }) => slot < slots);
}

/** One slot's bytes. */
export async function readInput(file: string, slot: number, geometry: InputGeometry): Promise<Uint8Array> {
  const bytes = geometry.size * geometry.size * geometry.channels;
  const handle = await open(file, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(bytes), 0, bytes, slot * bytes);
    if (bytesRead < bytes) throw new Error(`slot ${slot} of the input cache is incomplete`);
    return buffer;
  } finally {
    await handle.close();
  }
}
