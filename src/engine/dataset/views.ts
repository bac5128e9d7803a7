import { v7 as uuid } from 'uuid';

import type { ImageQuery, View } from '../../contract/image.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { IndexRepository } from '../db/index-repository.ts';
import { createPace } from '../turns.ts';
import { ordinalOf } from './image-index-columns.ts';
import type { ImageIndex } from './image-index.ts';
import { asksForAll, needsComparisons, needsNames, selectImages } from './views-select.ts';

export interface OpenViews {
  open(query: ImageQuery, classOrder: readonly string[]): Promise<View>;
  /** Row numbers of a view's images in its order. @throws ReadroomError `unknownView` */
  rows(view: string): Int32Array;
  /** Ids of the images at half-open ranges of positions, each once. @throws ReadroomError `unknownView` */
  images(view: string, ranges: readonly (readonly [number, number])[]): string[];
}

const keptViews = 16;
const idsPerPortion = 2000;
const rowsPerPortion = 50_000;

/** The newest views of a project. A view is a list of row numbers, so what happens to labels does not move it. */
export function createViews(repository: IndexRepository, index: ImageIndex): OpenViews {
  const views = new Map<string, Int32Array>();

  function keep(rows: Int32Array): View {
    const view = uuid();
    views.set(view, rows);
    for (const oldest of views.keys()) {
      if (views.size <= keptViews) break;
      views.delete(oldest);
    }
    return { view, total: rows.length };
  }

  /** The first view of a project without series comes before the index is there. */
  async function allRows(): Promise<Int32Array> {
    const pace = createPace();
    const portions: number[][] = [];
    for (;;) {
      const rows = repository.rows(portions.at(-1)?.at(-1) ?? 0, rowsPerPortion);
      if (rows.length > 0) portions.push(rows);
      if (rows.length < rowsPerPortion) break;
      await pace();
    }
    const all = new Int32Array(portions.reduce((sum, { length }) => sum + length, 0));
    let offset = 0;
    for (const rows of portions) {
      all.set(rows, offset);
      offset += rows.length;
    }
    return all;
  }

  async function rowsOf(images: readonly string[]): Promise<number[]> {
    const pace = createPace();
    const rows: number[] = [];
    for (let start = 0; start < images.length; start += idsPerPortion) {
      await pace();
      for (const row of repository.rowsOf(images.slice(start, start + idsPerPortion))) rows.push(row);
    }
    return rows;
  }

  function rowsOfView(view: string): Int32Array {
    const rows = views.get(view);
    if (!rows) {
      throw new ReadroomError('unknownView', `There is no view "${view}" any more.`, 'Open it again.');
    }
    // Used last, dropped last.
    views.delete(view);
    views.set(view, rows);
    return rows;
  }

  return {
    async open(query, classOrder) {
      if (asksForAll(query) && !index.isBuilt() && !repository.hasSeries()) {
        const rows = await allRows();
        // Whatever is asked next needs the index; whoever asks meets its failure.
        index.ready().catch(() => undefined);
        return keep(rows);
      }
      const given = query.images && (await rowsOf(query.images));
      if (needsComparisons(query)) await index.compared();
      const indexed = needsNames(query) ? await index.complete() : { ...(await index.ready()), names: null };
      const { columns } = indexed;
      const places = given && [...new Set(given)].map((row) => ordinalOf(columns, row));
      const found = selectImages({
        ...indexed,
        query,
        given: places && Int32Array.from(places.filter((place) => place >= 0)),
        classOrder,
      });
      return keep(found.map((place) => columns.rows[place]!));
    },
    rows: rowsOfView,
    images(view, ranges) {
      const rows = rowsOfView(view);
      const asked = new Set<number>();
      for (const [from, to] of ranges) for (const row of rows.subarray(from, to)) asked.add(row);
      return repository.idsOf([...asked]);
    },
  };
}
