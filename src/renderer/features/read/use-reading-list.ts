import { onBeforeUnmount, ref, type Ref, shallowReactive, shallowRef, type ShallowRef } from 'vue';

import { type ImageQuery, type ReaderLabel, type View, type ViewRow } from '../../../contract/image.ts';
import type { LabelLevel } from '../../../contract/project.ts';
import { ReadroomError } from '../../../contract/errors.ts';
import { adjudicatedRound, openReading } from '../../../contract/round-id.ts';
import { engine, onEngineEvent } from '../../api/engine.ts';
import { isRead } from './label-word.ts';
import { pagesAround } from './positions.ts';

const pageSize = 100;
/** Rows on both sides of the current one that are kept at hand. */
const reach = 60;
/** Changes that arrive within this time are read at once. */
const gatherMs = 40;
const countAgainMs = 400;

export interface ReadingList {
  /** Null before the list is open. */
  readonly total: Ref<number | null>;
  /** How many of it this reader has labelled or skipped. */
  readonly read: Ref<number>;
  readonly error: ShallowRef<unknown>;
  /** As it was asked for; what labels are said of has one place in the list. */
  readonly query: ShallowRef<ImageQuery | null>;
  /**
   * In a round the reader's worklist is opened, or what its readers disagree on, whatever the query says.
   * @returns how many images it has
   */
  open(query: ImageQuery): Promise<number>;
  rowAt(position: number): ViewRow | null;
  rowOf(image: string): ViewRow | null;
  /** Reads the rows around a position; resolves once its own is there. */
  ensure(position: number): Promise<void>;
  positionOf(image: string): Promise<number | null>;
  nextUnread(from: number): Promise<number | null>;
  /** Shows another word of the reader at once; `hold` keeps what the engine says of the image away until `release`. */
  setMine(image: string, mine: ReaderLabel | null): void;
  hold(image: string): void;
  release(image: string): Promise<void>;
}

/** A list for labels of a level: a study of 300 images is read once where its label is the study's. */
export const atLevel = (query: ImageQuery, level: LabelLevel): ImageQuery =>
  level === 'image' ? query : { ...query, per: level };

/** The images of a query in a fixed order, read page by page around where the reader is. */
export function useReadingList(
  project: () => string,
  reader: () => string,
  level: () => LabelLevel,
  /** '' is open reading, else a round's id, with its mark while it is adjudicated. */
  round: () => string,
  /** The images have changed: the list is open anew and its positions are others. */
  onReopened: () => void,
): ReadingList {
  const total = ref<number | null>(null);
  const read = ref(0);
  const error = shallowRef<unknown>(null);
  const query = shallowRef<ImageQuery | null>(null);
  const rows = shallowReactive(new Map<number, ViewRow>());
  const positions = new Map<string, number>();
  const pages = new Map<number, Promise<void>>();
  const held = new Map<string, number>();
  let view = '';
  let opening = 0;

  async function open(next: ImageQuery): Promise<number> {
    const mine = ++opening;
    query.value = next;
    const opened = await openList(next);
    if (mine !== opening) return opened.total;
    view = opened.view;
    rows.clear();
    positions.clear();
    pages.clear();
    total.value = opened.total;
    error.value = null;
    return opened.total;
  }
  async function openList(of: ImageQuery): Promise<View> {
    const client = await engine();
    const inRound = { project: project(), round: round(), reader: reader() };
    if (inRound.round === openReading)
      return client.dataset.openView({ project: project(), query: atLevel(of, level()) });
    const adjudicated = adjudicatedRound(inRound.round);
    if (adjudicated === null) return client.round.worklist(inRound);
    return client.round.adjudicationList({ project: project(), round: adjudicated });
  }
  async function reopen(): Promise<void> {
    if (query.value === null) return;
    await open(query.value);
    onReopened();
  }
  /** Asks about the view; the engine keeps only the newest ones, so it may have to be opened again. */
  async function ask<T>(question: (view: string) => Promise<T>): Promise<T> {
    try {
      return await question(view);
    } catch (reason) {
      if (!(reason instanceof ReadroomError) || reason.code !== 'unknownView') throw reason;
      await reopen();
      return question(view);
    }
  }

  function put(position: number, row: ViewRow): void {
    const known = rows.get(position);
    // What the reader just said counts until the engine has heard it.
    const mine = held.has(row.image) && known?.image === row.image ? known.mine : row.mine;
    rows.set(position, { ...row, mine });
    positions.set(row.image, position);
  }

  async function readPage(page: number): Promise<void> {
    const client = await engine();
    const ofOpening = opening;
    const { rows: found } = await ask((asked) =>
      client.dataset.viewRows({
        project: project(),
        view: asked,
        offset: page * pageSize,
        limit: pageSize,
        reader: reader(),
        round: round(),
      }),
    );
    if (ofOpening === opening) found.forEach((row, index) => put(page * pageSize + index, row));
  }
  function page(index: number): Promise<void> {
    const known = pages.get(index);
    if (known) return known;
    const reading = readPage(index);
    pages.set(index, reading);
    reading.catch(() => pages.delete(index));
    return reading;
  }

  async function ensure(position: number): Promise<void> {
    const wanted = pagesAround(position, reach, total.value ?? 0, pageSize);
    const [first] = wanted.map(page);
    await first;
  }

  async function nextUnread(from: number): Promise<number | null> {
    const client = await engine();
    const answer = await ask((asked) =>
      client.dataset.nextUnread({
        project: project(),
        view: asked,
        from,
        reader: reader(),
        round: round(),
      }),
    );
    read.value = answer.read;
    return answer.position;
  }

  /** Reads rows again that something else has changed. */
  async function refresh(images: readonly string[]): Promise<void> {
    const shown = images.filter((image) => positions.has(image));
    if (shown.length === 0) return;
    const ofOpening = opening;
    const asked = { project: project(), images: shown, reader: reader(), round: round() };
    const { rows: fresh } = await (await engine()).dataset.rows(asked);
    if (ofOpening !== opening) return;
    for (const row of fresh) {
      const position = positions.get(row.image);
      if (position !== undefined) put(position, row);
    }
  }

  const changed = new Set<string>();
  let gathering: ReturnType<typeof setTimeout> | undefined;
  let counting: ReturnType<typeof setTimeout> | undefined;
  const failed = (reason: unknown): void => void (error.value = reason);

  function flush(): void {
    gathering = undefined;
    const images = [...changed];
    changed.clear();
    refresh(images).catch(failed);
  }
  function countAgain(): void {
    clearTimeout(counting);
    counting = setTimeout(() => void nextUnread(0).catch(failed), countAgainMs);
  }
  const stopListening = onEngineEvent((event) => {
    if (!('project' in event) || event.project !== project() || total.value === null) return;
    if (event.type === 'dataset.changed') reopen().catch(failed);
    if (event.type !== 'label.changed' && event.type !== 'class.changed') return;
    const images = event.type === 'label.changed' ? event.images : [];
    if (images.length === 0) {
      // All that is known, a page at a time; what lies far away is read when it is needed.
      const known = [...pages.keys()];
      pages.clear();
      Promise.all(known.map(page)).catch(failed);
    } else {
      for (const image of images) changed.add(image);
      gathering ??= setTimeout(flush, gatherMs);
    }
    countAgain();
  });
  onBeforeUnmount(() => {
    stopListening();
    clearTimeout(gathering);
    clearTimeout(counting);
    opening = -1;
  });

  return {
    total,
    read,
    error,
    query,
    open,
    rowAt: (position) => rows.get(position) ?? null,
    rowOf: (image) => rows.get(positions.get(image) ?? -1) ?? null,
    ensure,
    async positionOf(image) {
      const known = positions.get(image);
      if (known !== undefined) return known;
      const client = await engine();
      const answer = await ask((asked) =>
        client.dataset.viewPosition({ project: project(), view: asked, image }),
      );
      return answer.position;
    },
    nextUnread,
    setMine(image, mine) {
      const position = positions.get(image);
      const row = position === undefined ? undefined : rows.get(position);
      if (position === undefined || row === undefined) return;
      read.value += Number(isRead(mine)) - Number(isRead(row.mine));
      rows.set(position, { ...row, mine });
    },
    hold: (image) => void held.set(image, (held.get(image) ?? 0) + 1),
    async release(image) {
      const left = (held.get(image) ?? 1) - 1;
      if (left > 0) {
        held.set(image, left);
        return;
      }
      held.delete(image);
      await refresh([image]);
    },
  };
}
