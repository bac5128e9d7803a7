import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';

import { adjudicatedRound } from '../../contract/round-id.ts';
import type { ReadingRound } from '../../contract/round.ts';
import { createRandom } from '../../core/random.ts';
import { engine, onEngineEvent, onResync } from '../api/engine.ts';
import { oneReading } from '../api/one-reading.ts';
import { useProject } from './project.ts';

/** A selection on the Images screen. */
export interface ProposedImages {
  readonly images: { view: string; ranges: [number, number][] };
  readonly count: number;
}

/** The blinded rounds of the project. Read once a screen asks with `load`, and again when rounds change. */
export const useRounds = defineStore('rounds', () => {
  const project = useProject();
  /** Newest first; null before the first answer. */
  const list = shallowRef<readonly ReadingRound[] | null>(null);
  const failure = shallowRef<unknown>(null);
  /** Images that were selected for a new round; null: none are. */
  const proposed = shallowRef<ProposedImages | null>(null);
  /** Whether an adjudicator sees who said what. */
  const namesShown = ref(false);

  const find = (round: string): ReadingRound | null =>
    list.value?.find((entry) => entry.round === round) ?? null;
  /** The round that is read or adjudicated in this window. */
  const current = computed(() => find(adjudicatedRound(project.round) ?? project.round));

  const load = oneReading(async () => {
    const of = project.id;
    if (of === null) return;
    try {
      const found = await (await engine()).round.list({ project: of });
      if (project.id !== of) return;
      list.value = found;
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
  });
  const loadAgain = (): void => {
    if (list.value !== null) void load();
  };
  watch(
    () => project.id,
    () => {
      list.value = null;
      proposed.value = null;
    },
  );
  onEngineEvent((event) => {
    if (event.type === 'round.changed' && event.project === project.id) loadAgain();
  });
  onResync(loadAgain);

  /** A round's readers in the order in which adjudicators see them. */
  const readersOf = ({ round, readers }: ReadingRound) => shuffledReaders(round, readers);

  /** A reader as adjudicators see one: by name, or as `Reader B`. */
  function titleOf(round: ReadingRound, name: string): string {
    const place = readersOf(round).findIndex((entry) => entry.name === name);
    return namesShown.value || place < 0 ? name : readerTitle(place);
  }

  return { list, failure, proposed, namesShown, current, find, load, readersOf, titleOf };
});

/** `Reader A` … `Reader Z`, then `Reader 27`. */
export const readerTitle = (place: number): string =>
  `Reader ${place < 26 ? String.fromCharCode(65 + place) : place + 1}`;

/** A round's readers in an order that is the same for everybody and tells nothing of their names. */
export const shuffledReaders = <R extends { reader: string }>(round: string, readers: readonly R[]): R[] =>
  createRandom(0, 'readers', round).shuffle([...readers].sort((a, b) => (a.reader < b.reader ? -1 : 1)));
