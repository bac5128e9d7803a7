import { defineStore } from 'pinia';
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue';

import type { RunRow } from '../../contract/run.ts';
import { isUnderWay } from '../../core/run-state.ts';
import { engine, onEngineEvent, onResync } from '../api/engine.ts';
import { oneReading } from '../api/one-reading.ts';
import { useAccess } from './access.ts';
import { useProject } from './project.ts';

/** The training runs of the project on screen, newest first. */
export const useRuns = defineStore('runs', () => {
  const access = useAccess();
  const project = useProject();
  /** Null until they have been read. */
  const rows = shallowRef<RunRow[] | null>(null);
  const failure = shallowRef<unknown>(null);
  /** How often the test part of this project was opened. */
  const testOpenings = ref(0);

  const completed = computed(() => (rows.value ?? []).filter(({ status }) => status === 'completed'));
  /** Those that have or wait for a trainer, in the order in which they come. */
  const underWay = computed(() =>
    (rows.value ?? [])
      .filter(({ status }) => isUnderWay(status))
      .sort((a, b) => (a.queued ?? 0) - (b.queued ?? 0)),
  );
  /** The run that was looked at last in this window: where a screen is opened without one, it goes on with that. */
  const lookedAt = ref<string | null>(null);
  const lookedAtKey = (): string => `readroom.lookedAt.${project.id ?? ''}`;
  function look(run: string): void {
    lookedAt.value = run;
    sessionStorage.setItem(lookedAtKey(), run);
  }
  /** A completed run to begin with: the one looked at last, else the newest. */
  const preferred = computed(
    () => completed.value.find(({ run }) => run === lookedAt.value) ?? completed.value[0] ?? null,
  );
  const find = (run: string): RunRow | null => rows.value?.find((row) => row.run === run) ?? null;

  async function read(): Promise<void> {
    const id = project.id;
    if (id === null || !access.may('run.list')) return;
    try {
      const answer = await (await engine()).run.list({ project: id });
      if (project.id !== id) return;
      rows.value = answer.runs;
      testOpenings.value = answer.testOpenings;
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
  }
  const load = oneReading(read);

  watch(
    () => project.id,
    () => {
      rows.value = null;
      testOpenings.value = 0;
      lookedAt.value = sessionStorage.getItem(lookedAtKey());
      void load();
    },
    { immediate: true },
  );
  const ends = [
    onResync(() => void load()),
    onEngineEvent((event) => {
      if (event.type === 'run.queueChanged') void load();
      else if (
        (event.type === 'run.statusChanged' ||
          event.type === 'run.changed' ||
          event.type === 'run.epochEnded') &&
        event.project === project.id
      )
        void load();
    }),
  ];
  onScopeDispose(() => ends.forEach((end) => end()));

  return { rows, failure, testOpenings, completed, underWay, preferred, look, find, load };
});
