import { readFileSync } from 'node:fs';

import { ReadroomError } from '../../contract/errors.ts';
import type {
  DecodeContract,
  DicomReference,
  FileFacts,
  InputGeometry,
  PictureDisplay,
  StudyWords,
  PictureFacts,
} from '../../contract/decode.ts';
import type { SpawnWorker, WorkerProcess } from '../../rpc/child-process.ts';

type DecodeClient = WorkerProcess<DecodeContract>['client'];

export interface CacheInputRequest {
  path: string;
  /** Which picture of the file, from 0; likewise below. */
  frame: number;
  /** With it, a file that holds another picture by now is refused as `fileChanged`. */
  pixelSha256?: string;
  /** Of the file that held this picture: the same bytes spare the comparison of pixels. */
  byteSha256?: string;
  geometry: InputGeometry;
  file: string;
  slot: number;
}

export interface RenderRequest {
  path: string;
  frame: number;
  pixelSha256?: string;
  to: string;
  edge: number;
}

export interface WritePixelsRequest {
  path: string;
  frame: number;
  pixelSha256?: string;
  to: string;
}

/** Samples in a file, in which 16-bit ones are little-endian. */
export type RawPicture = Pick<PictureFacts, 'width' | 'height' | 'channels' | 'bitDepth'> & {
  /** What the samples mean; null: nothing but grey or colour. */
  display: PictureDisplay | null;
};

/** A file, and those of its pictures that were looked at. */
export interface InspectedFile {
  file: FileFacts;
  pictures: PictureFacts[];
}

export interface InspectOptions {
  /** A folder: large pictures leave their thumbnails there. */
  thumbnails?: string;
  /** The first frame to look at; up to `mostFramesAtOnce` of them are. */
  from?: number;
}

export interface WritePicturesRequest {
  from: string;
  size: number;
  channels: 1 | 3;
  to: string[];
}

/** Whoever waits at a screen goes before work in the background. */
export type Priority = 'screen' | 'background';

export interface DecodePoolOptions {
  spawn: SpawnWorker;
  /** Child processes at most; they start when first needed. */
  size: number;
  timeoutMs?: number;
  memoryLimitBytes?: number;
}

interface Child {
  process: WorkerProcess<DecodeContract>;
  served: number;
}

interface Running {
  child: Child;
  startedAt: number;
  end(error: ReadroomError): void;
}

/**
 * For glibc; other systems know none of it. Few arenas keep it from holding on to what a large picture took. What a
 * usual picture takes is used again, though, rather than given back and fetched anew from the system, page by page.
 */
const memorySettings = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: String(32 * 2 ** 20),
  MALLOC_TRIM_THRESHOLD_: String(64 * 2 ** 20),
};

const watchEveryMs = 100;
/** So many new children that die at their first picture raise the question whether children start at all. */
const suspiciousDeaths = 3;
const defaultTimeoutMs = 20_000;
const defaultMemoryLimitBytes = 1_000_000_000;

/** Resident bytes of a process; null where the system does not tell (only Linux does, elsewhere the header limits stand alone). */
function residentBytes(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

function cancelled(): ReadroomError {
  return new ReadroomError('cancelled', 'Reading pictures was stopped.', 'Start it again to go on.');
}

/**
 * Child processes that decode untrusted pictures, one picture at a time each. A child that takes too long, too
 * much memory, or dies, costs only the picture it was at, and is replaced. Every method throws ReadroomErrors:
 * the child's refusals, `decodeTimeout`, `decodeOutOfMemory`, `cancelled`, `diskFull`, and `workerDied`, with
 * `data.starts` false when the fault is not the picture's.
 */
export function createDecodePool(options: DecodePoolOptions) {
  const { spawn, size, timeoutMs = defaultTimeoutMs, memoryLimitBytes = defaultMemoryLimitBytes } = options;
  const idle: Child[] = [];
  const waiting: Record<Priority, (() => void)[]> = { screen: [], background: [] };
  const running = new Set<Running>();
  let free = size;
  let closed = false;
  let deathsInARow = 0;
  let watch: NodeJS.Timeout | null = null;

  function checkRunning(): void {
    const now = performance.now();
    for (const call of running) {
      if (now - call.startedAt > timeoutMs) {
        const seconds = Math.round(timeoutMs / 1000);
        call.end(
          new ReadroomError(
            'decodeTimeout',
            `Decoding took more than ${seconds} s.`,
            'Save the picture again.',
          ),
        );
      } else if ((residentBytes(call.child.process.pid) ?? 0) > memoryLimitBytes) {
        const megabytes = Math.round(memoryLimitBytes / 1e6);
        call.end(
          new ReadroomError(
            'decodeOutOfMemory',
            `Decoding took more than ${megabytes} MB of memory.`,
            'Save the picture at a smaller size, not interlaced.',
          ),
        );
      }
    }
  }

  function track(call: Running): void {
    running.add(call);
    watch ??= setInterval(checkRunning, watchEveryMs);
  }

  function untrack(call: Running): void {
    running.delete(call);
    if (running.size === 0 && watch !== null) {
      clearInterval(watch);
      watch = null;
    }
  }

  async function acquire(priority: Priority): Promise<void> {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting[priority].push(resolve));
  }

  function release(): void {
    const next = waiting.screen.shift() ?? waiting.background.shift();
    if (next) next();
    else free += 1;
  }

  function startChild(): Child {
    const child: Child = { process: spawn('decode', { env: memorySettings }), served: 0 };
    void child.process.exited.then(() => {
      const at = idle.indexOf(child);
      if (at >= 0) idle.splice(at, 1);
    });
    return child;
  }

  function takeChild(fresh: boolean): Child {
    return (fresh ? undefined : idle.pop()) ?? startChild();
  }

  /** One call in one child; ends the child unless it answered. */
  async function callChild<T>(
    child: Child,
    task: (client: DecodeClient) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    let stop: (error: ReadroomError) => void = () => undefined;
    const stopped = new Promise<never>((_resolve, reject) => {
      stop = reject;
    });
    const call: Running = { child, startedAt: performance.now(), end: (error) => stop(error) };
    const abort = (): void => stop(cancelled());
    signal?.addEventListener('abort', abort, { once: true });
    track(call);
    let answered = false as boolean;
    try {
      const answer = task(child.process.client).then(
        (result) => {
          answered = true;
          return result;
        },
        (error: unknown) => {
          answered = error instanceof ReadroomError && error.code !== 'workerDied';
          throw error;
        },
      );
      return await Promise.race([answer, stopped]);
    } finally {
      signal?.removeEventListener('abort', abort);
      untrack(call);
      child.served += 1;
      if (answered) deathsInARow = 0;
      if (answered && !closed) idle.push(child);
      else child.process.kill();
    }
  }

  /** Tells a run of crashing pictures from an installation in which no child starts. */
  async function requireStarts(died: ReadroomError): Promise<void> {
    deathsInARow = 0;
    const child = takeChild(true);
    // Any answer will do, this one is a refusal.
    const probe = await callChild(child, (client) => client.inspect({ path: '' }), undefined).catch(
      (error: unknown) => error,
    );
    if (!(probe instanceof ReadroomError) || probe.code !== 'workerDied') return;
    throw new ReadroomError(
      'workerDied',
      `No process for reading pictures stays alive. ${died.message}`,
      'Run readroom doctor.',
      { ...died.data, starts: false },
    );
  }

  async function run<T>(
    task: (client: DecodeClient) => Promise<T>,
    signal: AbortSignal | undefined,
    priority: Priority,
  ): Promise<T> {
    await acquire(priority);
    try {
      if (closed || signal?.aborted === true) throw cancelled();
      const child = takeChild(false);
      const used = child.served > 0;
      try {
        return await callChild(child, task, signal);
      } catch (error) {
        if (!(error instanceof ReadroomError)) throw error;
        if (error.code === 'workerDied') {
          deathsInARow += 1;
          if (deathsInARow >= suspiciousDeaths) await requireStarts(error);
          const message = error.message.replace(/\.$/, '');
          throw new ReadroomError(
            'workerDied',
            `${message} at this picture.`,
            'Save the picture again.',
            error.data,
          );
        }
        // What earlier pictures left behind may be to blame: a fresh child decides.
        if (error.code !== 'decodeOutOfMemory' || !used) throw error;
        return await callChild(takeChild(true), task, signal);
      }
    } finally {
      release();
    }
  }

  return {
    size,

    /** Starts the children that so many calls will need, so that the calls find them ready. */
    start(calls: number): void {
      const lacking = closed ? 0 : Math.min(calls, size) - idle.length - running.size;
      for (let i = 0; i < lacking; i += 1) idle.push(startChild());
    },

    /** What a file holds. One of many pictures takes several calls: `inspectFile`. */
    inspect: (path: string, signal?: AbortSignal, options: InspectOptions = {}): Promise<InspectedFile> =>
      run((client) => client.inspect({ path, ...options }), signal, 'background'),

    /** What a picture of a file measures from pixel to pixel; null where the file does not say. */
    readSpacing: (
      picture: { path: string; frame: number },
      signal?: AbortSignal,
    ): Promise<PictureDisplay['spacing']> =>
      run((client) => client.readSpacing(picture), signal, 'background'),

    /** What the header of a DICOM file says of its study and series; nulls for other files. */
    readStudy: (path: string, signal?: AbortSignal): Promise<StudyWords> =>
      run((client) => client.readStudy({ path }), signal, 'screen'),

    /** What labels as DICOM say of a file and of some of its frames. */
    dicomReference: (
      path: string,
      frames: readonly number[],
      signal?: AbortSignal,
    ): Promise<DicomReference> =>
      run((client) => client.dicomReference({ path, frames: [...frames] }), signal, 'background'),

    /** Makes a DICOM file of the `DicomLabelsPlan` in a file. */
    writeDicomLabels: (plan: string, to: string, signal?: AbortSignal): Promise<void> =>
      run((client) => client.writeDicomLabels({ plan, to }), signal, 'background'),

    /** Reads a DICOM segmentation or report into lines of JSON: `DicomLabelsHead`, then `DicomLabelLine`s. */
    readDicomLabels: (path: string, to: string, signal?: AbortSignal): Promise<void> =>
      run((client) => client.readDicomLabels({ path, to }), signal, 'background'),

    /** Reads a mask into a file of one byte a pixel, the place of its value among those that occur. */
    readMask: (
      path: string,
      to: string,
      signal?: AbortSignal,
    ): Promise<{ width: number; height: number; values: number[] }> =>
      run((client) => client.readMask({ path, to }), signal, 'background'),

    /** Writes a raw mask of one byte a pixel as PNG. */
    writeMask: (
      mask: { from: string; width: number; height: number; to: string },
      signal?: AbortSignal,
    ): Promise<void> => run((client) => client.writeMask(mask), signal, 'background'),

    /** Writes a picture as network input into its slot of a file. */
    cacheInput: (request: CacheInputRequest, signal?: AbortSignal): Promise<void> =>
      run((client) => client.cacheInput(request), signal, 'background'),

    /** Writes a WebP picture for screens. */
    render: (
      request: RenderRequest,
      signal?: AbortSignal,
      priority: Priority = 'screen',
    ): Promise<{ width: number; height: number }> =>
      run((client) => client.render(request), signal, priority),

    /** Writes a picture's samples as decoded. */
    writePixels: (request: WritePixelsRequest, signal?: AbortSignal): Promise<RawPicture> =>
      run((client) => client.writePixels(request), signal, 'screen'),

    /** Writes raw 8-bit pictures as lossless WebP files. */
    writePictures: (request: WritePicturesRequest, signal?: AbortSignal): Promise<void> =>
      run((client) => client.writePictures(request), signal, 'screen'),

    /** Process ids of the children that live. */
    pids: (): number[] =>
      [...idle, ...[...running].map(({ child }) => child)].map((child) => child.process.pid),

    /** Ends the children; calls in progress end as `cancelled`. */
    async close(): Promise<void> {
      closed = true;
      for (const call of running) call.end(cancelled());
      const children = idle.splice(0);
      for (const child of children) child.process.kill();
      await Promise.all(children.map((child) => child.process.exited));
    },
  };
}
export type DecodePool = ReturnType<typeof createDecodePool>;
