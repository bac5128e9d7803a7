import { defineStore } from 'pinia';
import { computed, onScopeDispose, shallowRef } from 'vue';

import type { TrainingQueueState } from '../../contract/queue.ts';
import { engine, onEngineEvent, onResync } from '../api/engine.ts';

const telling = new Set(['run.queueChanged', 'run.statusChanged', 'run.epochEnded', 'run.changed']);

/** The trainings of all projects that are open here. */
export const useTrainingQueue = defineStore('training-queue', () => {
  const queue = shallowRef<TrainingQueueState>({ paused: false, runs: [] });
  const failure = shallowRef<unknown>(null);
  const waiting = computed(() => queue.value.runs.filter(({ place }) => place !== null));

  let reading: Promise<void> | null = null;
  let again = false;
  async function read(): Promise<void> {
    try {
      queue.value = await (await engine()).run.queue();
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
  }
  /** Many events in a row cause one reading at a time, and one after the last. */
  function load(): Promise<void> {
    again = true;
    reading ??= (async () => {
      while (again) {
        again = false;
        await read();
      }
      reading = null;
    })();
    return reading;
  }

  void load();
  const ends = [
    onResync(() => void load()),
    onEngineEvent(({ type }) => {
      if (telling.has(type)) void load();
    }),
  ];
  onScopeDispose(() => ends.forEach((end) => end()));

  return { queue, failure, waiting, load };
});
