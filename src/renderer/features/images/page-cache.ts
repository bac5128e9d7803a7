import { contains, type Ranges } from './ranges.ts';

export interface PageCacheOptions<Row> {
  readonly pageSize: number;
  /** Pages kept; those farthest from the window go first. */
  readonly mostPages: number;
  readonly mostRequests: number;
  /** Pages fetched before they are seen, in the direction of scrolling. */
  readonly pagesAhead: number;
  read(offset: number, limit: number): Promise<readonly Row[]>;
  /** Rows came or changed. */
  changed(): void;
  failed(error: unknown): void;
}

interface Page<Row> {
  rows: readonly Row[];
  /** Of the state that was read; older than the cache's when it is to be read again. */
  epoch: number;
}

/**
 * Rows of a long list, read page by page as they come into the window. What scrolled past before its turn is never
 * asked for; what is outdated stays on screen until its successor is there.
 */
export function createPageCache<Row>(options: PageCacheOptions<Row>) {
  const { pageSize, mostPages, mostRequests, pagesAhead } = options;
  const pages = new Map<number, Page<Row>>();
  const underWay = new Set<number>();
  let wanted: number[] = [];
  let total = 0;
  let epoch = 0;
  /** Goes up when the list becomes another one: answers about the old one are dropped. */
  let list = 0;

  function pump(): void {
    for (const index of wanted) {
      if (underWay.size >= mostRequests) return;
      if (underWay.has(index) || pages.get(index)?.epoch === epoch) continue;
      void fetchPage(index);
    }
  }

  async function fetchPage(index: number): Promise<void> {
    const asked = { list, epoch };
    underWay.add(index);
    try {
      const offset = index * pageSize;
      const rows = await options.read(offset, Math.min(pageSize, total - offset));
      if (asked.list !== list) return;
      pages.set(index, { rows, epoch: asked.epoch });
      forget();
      options.changed();
    } catch (error) {
      if (asked.list !== list) return;
      // Asked again with the next movement, not in a loop.
      wanted = wanted.filter((other) => other !== index);
      options.failed(error);
    } finally {
      if (asked.list === list) {
        underWay.delete(index);
        pump();
      }
    }
  }

  function forget(): void {
    if (pages.size <= mostPages) return;
    const middle = wanted[0] ?? 0;
    const farthest = [...pages.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
    for (const index of farthest.slice(0, pages.size - mostPages)) {
      if (!wanted.includes(index)) pages.delete(index);
    }
  }

  return {
    /** Another list of so many rows; nothing of the old one is kept. */
    reset(newTotal: number): void {
      list += 1;
      epoch += 1;
      total = newTotal;
      pages.clear();
      underWay.clear();
      wanted = [];
    },

    rowAt: (position: number): Row | null =>
      pages.get(Math.floor(position / pageSize))?.rows[position % pageSize] ?? null,

    /** Says which rows are in the window, the last one excluded, and which way it moves: 1 down, -1 up. */
    want(from: number, to: number, direction: 1 | -1): void {
      const last = Math.max(0, Math.ceil(total / pageSize) - 1);
      const first = Math.floor(from / pageSize);
      const end = Math.min(last, Math.floor(Math.max(from, to - 1) / pageSize));
      const seen: number[] = [];
      for (let index = first; index <= end; index++) seen.push(index);
      const ahead = Array.from({ length: pagesAhead }, (_, step) =>
        direction === 1 ? end + 1 + step : first - 1 - step,
      ).filter((index) => index >= 0 && index <= last);
      wanted = total === 0 ? [] : [...seen, ...ahead];
      pump();
    },

    /** Everything may have changed: what is in the window is read again. */
    outdate(): void {
      epoch += 1;
      pump();
    },

    /** Changes rows on screen before the engine has answered. */
    update(ranges: Ranges, change: (row: Row) => Row): void {
      for (const [index, page] of pages) {
        const start = index * pageSize;
        if (!ranges.some(([from, to]) => from < start + page.rows.length && to > start)) continue;
        page.rows = page.rows.map((row, at) => (contains(ranges, start + at) ? change(row) : row));
      }
      options.changed();
    },
  };
}
