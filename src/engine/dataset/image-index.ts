import type { QualityFlag } from '../../contract/image.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { IndexRepository, IndexStamp } from '../db/index-repository.ts';
import { createPace } from '../turns.ts';
import { emptyColumns, type ImageColumns } from './image-index-columns.ts';
import { loadComparisons } from './image-index-compare.ts';
import {
  loadDuplicates,
  loadImages,
  loadLabelChanges,
  loadLabels,
  type Loading,
  loadMissing,
  loadOddSizes,
  loadParts,
  loadPatients,
  loadSeries,
  type SeriesFacts,
} from './image-index-load.ts';
import { type ImageNames, loadNames } from './image-index-names.ts';

/** Flags that `compared` finds. */
export const comparedFlags: readonly QualityFlag[] = ['inverted', 'nearDuplicate'];

/** What the index holds; valid until the next `await`. */
export interface IndexedImages {
  columns: ImageColumns;
  /** By row number of the patient. */
  patientKeys: readonly string[];
  /** By row number of the series. */
  series: readonly SeriesFacts[];
  /** Whether it is known which images are near duplicates and which are inverted. */
  compared: boolean;
}

/**
 * The images of an open project in memory, for filtering, sorting and counting. It is made when first asked for, in
 * portions, and compared with the database whenever it is asked for, so that nobody has to tell it of changes.
 */
export interface ImageIndex {
  /** Everything but names and comparisons, up to date. */
  ready(): Promise<IndexedImages>;
  /** With names, up to date. */
  complete(): Promise<IndexedImages & { names: ImageNames }>;
  /** With what shows only when pictures are compared with each other, up to date; takes seconds the first time. */
  compared(): Promise<IndexedImages>;
  /** Whether `ready` answers without reading much. */
  isBuilt(): boolean;
  /** What it holds, if that is up to date now. */
  current(): IndexedImages | null;
  /** Facts of images that were there before may have changed, which no stamp shows. */
  invalidate(): void;
  /** How often that was. */
  invalidations(): number;
  close(): void;
}

/** What is made of so many images, in the background; null when it ended early. */
interface Derived<T> {
  of: number;
  loaded: Promise<T | null>;
  /** Once it is there. */
  value: T | null;
}

interface State extends Omit<Loading, 'pace' | 'repository'> {
  stamp: IndexStamp;
  /** Another state stands for it. */
  isOver: boolean;
  names: Derived<ImageNames> | null;
  comparisons: Derived<true> | null;
}

/** What ends the making of something that nobody waits for any more. */
const overtaken = new Error('Overtaken');

export function createImageIndex(repository: IndexRepository): ImageIndex {
  let state: State | null = null;
  let invalidations = 0;
  let pending: Promise<State> | null = null;
  let closed = false;
  let invalid = false;

  const loadingOf = (of: State, refuse: () => void): Loading => {
    const pace = createPace();
    return {
      ...of,
      repository,
      pace: async () => {
        await pace();
        refuse();
      },
    };
  };
  const refuseClosed = (): void => {
    if (closed)
      throw new ReadroomError('cancelled', 'The project was closed meanwhile.', 'Open it and try again.');
  };

  async function build(): Promise<State> {
    const made: State = {
      columns: emptyColumns(),
      patients: { keys: [], sexes: [], rowById: new Map() },
      series: { facts: [], rowById: new Map() },
      stamp: repository.stamp(),
      isOver: false,
      names: null,
      comparisons: null,
    };
    const loading = loadingOf(made, refuseClosed);
    await loadPatients(loading);
    await loadSeries(loading);
    await loadImages(loading);
    await loadLabels(loading);
    await loadParts(loading, made.stamp.version);
    await loadDuplicates(loading);
    await loadOddSizes(loading);
    loadMissing(loading);
    return made;
  }

  async function follow(current: State, now: IndexStamp): Promise<void> {
    const { stamp, columns } = current;
    const loading = loadingOf(current, refuseClosed);
    if (now.patients !== stamp.patients) await loadPatients(loading);
    if (now.images !== stamp.images) {
      const before = columns.count;
      await loadSeries(loading);
      await loadImages(loading);
      // Their series or patient may have labels already.
      await loadLabels(loading, before);
      await loadDuplicates(loading);
      await loadOddSizes(loading);
    }
    await loadLabelChanges(loading, stamp.events, now.events);
    if (now.version !== stamp.version) await loadParts(loading, now.version);
    if (now.missing !== stamp.missing || now.images !== stamp.images) loadMissing(loading);
    current.stamp = now;
  }

  const isCurrent = (of: State): boolean => !pending && !invalid && isSameStamp(repository.stamp(), of.stamp);

  const takeInvalid = (): boolean => {
    const was = invalid;
    invalid = false;
    return was;
  };

  /** Whether what is held can be brought up to date; if not, it is made anew. */
  const canFollow = ({ stamp }: State, now: IndexStamp): boolean =>
    now.rules === stamp.rules &&
    // New patients without new images belong to images that were there before.
    (now.patients === stamp.patients || now.images !== stamp.images);

  /** Ends only when nothing changed since, so whoever waits sees all that was there when it asked. */
  async function update(): Promise<State> {
    let current = state;
    state = null;
    for (;;) {
      const now = repository.stamp();
      if (current && (takeInvalid() || !canFollow(current, now))) {
        current.isOver = true;
        current = null;
      }
      if (current && isSameStamp(now, current.stamp)) break;
      if (current) await follow(current, now);
      else {
        takeInvalid();
        current = await build();
      }
    }
    state = current;
    return current;
  }

  function ready(): Promise<State> {
    if (state && isCurrent(state)) return Promise.resolve(state);
    pending ??= update().finally(() => (pending = null));
    return pending;
  }

  /** Makes what the first view does not wait for. */
  function derive<T>(current: State, load: (loading: Loading) => Promise<T>, failed: () => void): Derived<T> {
    const { count } = current.columns;
    const refuse = (): void => {
      if (closed || current.isOver || current.columns.count !== count) throw overtaken;
    };
    const made: Derived<T> = { of: count, value: null, loaded: Promise.resolve(null) };
    made.loaded = load(loadingOf(current, refuse)).then(
      (value) => (made.value = value),
      (reason: unknown) => {
        if (reason === overtaken) return null;
        failed();
        throw reason;
      },
    );
    // Whoever needs it meets the failure; then it is made again.
    made.loaded.catch(() => undefined);
    return made;
  }

  function namesOf(current: State): Promise<ImageNames | null> {
    if (current.names?.of !== current.columns.count)
      current.names = derive(current, loadNames, () => (current.names = null));
    return current.names.loaded;
  }

  function comparisonsOf(current: State): Promise<true | null> {
    if (current.comparisons?.of !== current.columns.count)
      current.comparisons = derive(current, loadComparisons, () => (current.comparisons = null));
    return current.comparisons.loaded;
  }

  const isCompared = ({ comparisons, columns }: State): boolean =>
    comparisons?.value === true && comparisons.of === columns.count;
  const shown = (of: State): IndexedImages => ({
    columns: of.columns,
    patientKeys: of.patients.keys,
    series: of.series.facts,
    compared: isCompared(of),
  });

  return {
    async ready() {
      const current = await ready();
      void namesOf(current);
      return shown(current);
    },
    async complete() {
      for (;;) {
        const before = await ready();
        const names = await namesOf(before);
        refuseClosed();
        const current = await ready();
        if (names && current === before && current.names?.of === current.columns.count)
          return { ...shown(current), names };
      }
    },
    async compared() {
      for (;;) {
        const before = await ready();
        await comparisonsOf(before);
        refuseClosed();
        const current = await ready();
        if (isCompared(current)) return shown(current);
      }
    },
    isBuilt: () => state !== null && !invalid,
    current: () => (state && isCurrent(state) ? shown(state) : null),
    invalidate() {
      invalid = true;
      invalidations += 1;
    },
    invalidations: () => invalidations,
    close() {
      closed = true;
      state = null;
    },
  };
}

/** Whether nothing changed between two stamps. */
export function isSameStamp(a: IndexStamp, b: IndexStamp): boolean {
  return (
    a.images === b.images &&
    a.patients === b.patients &&
    a.events === b.events &&
    a.rules === b.rules &&
    a.version === b.version &&
    a.missing === b.missing
  );
}
