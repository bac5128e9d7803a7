import type { PictureDisplay } from '../../contract/decode.ts';
import type { Pixels as ReadPixels } from '../api/media.ts';
import { bytesOf, halving, levelCount, type Pixels } from './pixels.ts';
import { type GreyWindow, usualWindow } from './window-level.ts';

/** A picture ready to be drawn: it and its halves, finest first, and the window it starts with. */
export interface PreparedPicture {
  readonly url: string;
  readonly levels: readonly Pixels[];
  /** What its samples mean; null where its file says nothing. */
  readonly display: PictureDisplay | null;
  readonly usualWindow: GreyWindow;
  readonly bytes: number;
}

export interface PictureCacheDependencies {
  read(url: string, signal: AbortSignal): Promise<ReadPixels>;
  /** Lets the screen go on between two steps of work. */
  pause(): Promise<void>;
  limitBytes: number;
  /** How many pictures are fetched ahead at a time. */
  concurrency: number;
}

export interface PictureCache {
  /** The picture, if it can be drawn now. */
  ready(url: string): PreparedPicture | null;
  /** Gets a picture that somebody waits for. Aborting gives up this wait; the fetch ends when nobody else wants it. */
  load(url: string, signal?: AbortSignal): Promise<PreparedPicture>;
  /**
   * Fetches these ahead, first ones first, and gives up those that this owner asked for before and nobody wants any
   * more. Owners that ask at the same time take turns.
   */
  prefetch(urls: readonly string[], owner?: string): void;
  clear(): void;
}

interface Fetching {
  readonly promise: Promise<PreparedPicture>;
  readonly controller: AbortController;
  waiting: number;
}

/** About as many samples as can be averaged in 4 ms. */
const samplesAtOnce = 1 << 21;

export function createPictureCache(dependencies: PictureCacheDependencies): PictureCache {
  /** Least recently used first. */
  const kept = new Map<string, PreparedPicture>();
  const fetching = new Map<string, Fetching>();
  const wantedBy = new Map<string, readonly string[]>();
  let wanted: readonly string[] = [];
  /** Wanted ones that failed or found no room. */
  let givenUp = new Set<string>();
  let keptBytes = 0;

  function ready(url: string): PreparedPicture | null {
    const found = kept.get(url);
    if (found === undefined) return null;
    kept.delete(url);
    kept.set(url, found);
    return found;
  }

  function keep(picture: PreparedPicture): void {
    kept.set(picture.url, picture);
    keptBytes += picture.bytes;
    const rank = (url: string): number => wanted.indexOf(url);
    // First what nobody wants, oldest first; then what is wanted last.
    const unwanted = [...kept.keys()].filter((url) => rank(url) < 0 && url !== picture.url);
    const last = [...kept.keys()].filter((url) => rank(url) >= 0).sort((a, b) => rank(b) - rank(a));
    for (const url of [...unwanted, ...last]) {
      if (keptBytes <= dependencies.limitBytes || kept.size === 1) return;
      keptBytes -= kept.get(url)!.bytes;
      kept.delete(url);
      if (rank(url) >= 0) givenUp.add(url);
    }
  }

  function start(url: string): Fetching {
    const controller = new AbortController();
    const promise = prepare(url, controller.signal, dependencies).then((picture) => {
      if (fetching.get(url)?.controller === controller) keep(picture);
      return picture;
    });
    const entry: Fetching = { promise, controller, waiting: 0 };
    fetching.set(url, entry);
    const ended = (failed: boolean): void => {
      if (fetching.get(url) === entry) {
        fetching.delete(url);
        if (failed) givenUp.add(url);
      }
      fetchNext();
    };
    promise.then(
      () => ended(false),
      () => ended(true),
    );
    return entry;
  }

  function fetchNext(): void {
    for (const url of wanted) {
      if (fetching.size >= dependencies.concurrency) return;
      if (!kept.has(url) && !fetching.has(url) && !givenUp.has(url)) start(url);
    }
  }

  function abandon(url: string, entry: Fetching): void {
    if (entry.waiting > 0 || wanted.includes(url)) return;
    fetching.delete(url);
    entry.controller.abort();
  }

  async function load(url: string, signal?: AbortSignal): Promise<PreparedPicture> {
    signal?.throwIfAborted();
    const found = ready(url);
    if (found) return found;
    const entry = fetching.get(url) ?? start(url);
    entry.waiting += 1;
    const release = (): void => {
      entry.waiting -= 1;
      if (fetching.get(url) === entry) abandon(url, entry);
    };
    if (signal === undefined) return entry.promise.finally(release);
    return new Promise((resolve, reject) => {
      const aborted = (): void => {
        release();
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', aborted, { once: true });
      entry.promise.then(resolve, reject).finally(() => {
        signal.removeEventListener('abort', aborted);
        if (!signal.aborted) release();
      });
    });
  }

  return {
    ready,
    load,
    prefetch(urls, owner = '') {
      wantedBy.set(owner, [...urls]);
      wanted = inTurns([...wantedBy.values()]);
      givenUp = new Set();
      for (const [url, entry] of [...fetching]) abandon(url, entry);
      fetchNext();
    },
    clear() {
      wantedBy.clear();
      wanted = [];
      for (const [url, entry] of [...fetching]) abandon(url, entry);
      kept.clear();
      keptBytes = 0;
    },
  };
}

async function prepare(
  url: string,
  signal: AbortSignal,
  { read, pause }: PictureCacheDependencies,
): Promise<PreparedPicture> {
  const { display, ...pixels } = await read(url, signal);
  const levels: Pixels[] = [pixels];
  for (let level = levelCount(pixels); level > 1; level--) {
    const finer = levels.at(-1)!;
    const rowsAtOnce = Math.max(1, Math.floor(samplesAtOnce / (finer.width * finer.channels * 2)));
    const steps = halving(finer, rowsAtOnce);
    let step = steps.next();
    while (step.done !== true) {
      await pause();
      signal.throwIfAborted();
      step = steps.next();
    }
    levels.push(step.value);
  }
  return {
    url,
    levels,
    display,
    usualWindow: usualWindow(pixels, display),
    bytes: levels.reduce((sum, level) => sum + bytesOf(level), 0),
  };
}

/** The first of each list, then the second of each, each thing once. */
function inTurns(lists: readonly (readonly string[])[]): string[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  const found = new Set<string>();
  for (let index = 0; index < longest; index++) {
    for (const list of lists) if (index < list.length) found.add(list[index]!);
  }
  return [...found];
}
