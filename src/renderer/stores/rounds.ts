import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';

import { adjudicationMark, type ReadingRound } from '../../contract/round.ts';
import { engine, onEngineEvent, onResync } from '../api/engine.ts';
import { oneReading } from '../api/one-reading.ts';
import { useProject } from './project.ts';

/** The blinded rounds of the project. Read once a screen asks with `load`, and again when rounds change. */
export const useRounds = defineStore('rounds', () => {
  const project = useProject();
  /** Newest first; null before the first answer. */
  const list = shallowRef<readonly ReadingRound[] | null>(null);
  const failure = shallowRef<unknown>(null);
  /** Whether an adjudicator sees who said what. */
  const namesShown = ref(false);

  const find = (round: string): ReadingRound | null =>
    list.value?.find((entry) => entry.round === round) ?? null;
  /** The round that is read or adjudicated in this window. */
  const current = computed(() => find(project.round.replace(adjudicationMark, '')));

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
    () => (list.value = null),
  );
  onEngineEvent((event) => {
    if (event.type === 'round.changed' && event.project === project.id) loadAgain();
  });
  onResync(loadAgain);

  /** A reader as adjudicators see one: by name, or as `Reader B`. */
  function titleOf(round: ReadingRound, name: string): string {
    const place = round.readers.findIndex((entry) => entry.name === name);
    return namesShown.value || place < 0 ? name : readerTitle(place);
  }

  return { list, failure, namesShown, current, find, load, titleOf };
});

/** `Reader A` … `Reader Z`, then `Reader 27`. */
export const readerTitle = (place: number): string =>
  `Reader ${place < 26 ? String.fromCharCode(65 + place) : place + 1}`;
