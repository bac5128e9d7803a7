import { ReadroomError } from '../../contract/errors.ts';
import type { IndexRepository, IndexStamp } from '../db/index-repository.ts';
import { createPace } from '../turns.ts';
import { emptyColumns, type ImageColumns } from './image-index-columns.ts';
import {
  loadDuplicates,
  loadImages,
  loadLabelChanges,
  type Loading,
  loadMissing,
  loadParts,
  loadPatients,
  loadWords,
} from './image-index-load.ts';
import { type ImageNames, loadNames } from './image-index-names.ts';

/** What the index holds; valid until the next `await`. */
export interface IndexedImages {
  columns: ImageColumns;
  /** By row number of the patient. */
  patientKeys: readonly string[];
}

/**
 * The images of an open project in memory, for filtering, sorting and counting. It is made when first asked for, in
 * portions, and compared with the database whenever it is asked for, so that nobody has to tell it of changes.
 */
export interface ImageIndex {
  /** Everything but names, up to date. */
  ready(): Promise<IndexedImages>;
  /** With names and the times of labels, up to date. */
  complete(): Promise<IndexedImages & { names: ImageNames }>;
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

interface State extends Omit<Loading, 'pace' | 'repository'> {
  stamp: IndexStamp;
  names: { of: number; loaded: Promise<ImageNames | null> } | null;
}

export function createImageIndex(repository: IndexRepository): ImageIndex {
  let state: State | null = null;
  let invalidations = 0;
  let pending: Promise<State> | null = null;
  let closed = false;
  let invalid = false;

  const loadingOf = (of: State): Loading => ({ ...of, repository, pace: pacing() });
  const pacing = (): (() => Promise<void>) => {
    const pace = createPace();
    return async () => {
      await pace();
      refuseClosed();
    };
  };
  const refuseClosed = (): void => {
    if (closed)
      throw new ReadroomError('cancelled', 'The project was closed meanwhile.', 'Open it and try again.');
  };

  async function build(): Promise<State> {
    const made: State = {
      columns: emptyColumns(),
      patients: { keys: [], rowById: new Map() },
      stamp: repository.stamp(),
      names: null,
    };
    const loading = loadingOf(made);
    await loadPatients(loading);
    await loadImages(loading);
    await loadWords(loading);
    await loadParts(loading, made.stamp.version);
    await loadDuplicates(loading);
    loadMissing(loading);
    return made;
  }

  async function follow(current: State, now: IndexStamp): Promise<void> {
    const { stamp } = current;
    const loading = loadingOf(current);
    if (now.patients !== stamp.patients) await loadPatients(loading);
    if (now.images !== stamp.images) {
      await loadImages(loading);
      await loadDuplicates(loading);
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

  /** Ends only when nothing changed since, so whoever waits sees all that was there when it asked. */
  async function update(): Promise<State> {
    let current = takeInvalid() ? null : state;
    state = null;
    for (;;) {
      const now = repository.stamp();
      // New patients without new images belong to images that were there before.
      if (current && now.patients !== current.stamp.patients && now.images === current.stamp.images)
        current = null;
      if (current && isSameStamp(now, current.stamp)) break;
      if (current) await follow(current, now);
      else current = await build();
      if (takeInvalid()) current = null;
    }
    state = current;
    return current;
  }

  function ready(): Promise<State> {
    if (state && isCurrent(state)) return Promise.resolve(state);
    pending ??= update().finally(() => (pending = null));
    return pending;
  }

  /** Names come after all else, so that the first view does not wait for them. */
  function namesOf(current: State): Promise<ImageNames | null> {
    const { count } = current.columns;
    if (current.names?.of !== count) {
      const isOver = (): boolean => closed || current.names?.of !== count;
      const loaded = loadNames({ ...current, repository, pace: createPace(), isOver });
      current.names = { of: count, loaded };
      // Whoever needs the names meets the failure; then they are read again.
      loaded.catch(() => (current.names = null));
    }
    return current.names.loaded;
  }

  return {
    async ready() {
      const current = await ready();
      void namesOf(current);
      return { columns: current.columns, patientKeys: current.patients.keys };
    },
    async complete() {
      for (;;) {
        const before = await ready();
        const names = await namesOf(before);
        refuseClosed();
        const current = await ready();
        if (names && current === before && current.names?.of === current.columns.count)
          return { columns: current.columns, patientKeys: current.patients.keys, names };
      }
    },
    isBuilt: () => state !== null && !invalid,
    current: () =>
      state && isCurrent(state) ? { columns: state.columns, patientKeys: state.patients.keys } : null,
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
    a.version === b.version &&
    a.missing === b.missing
  );
}
