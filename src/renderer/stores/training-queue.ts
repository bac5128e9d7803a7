import { defineStore } from 'pinia';
import { computed, onScopeDispose, shallowRef } from 'vue';

import type { TrainingQueueState } from '../../contract/queue.ts';
import { engine, onEngineEvent, onResync } from '../api/engine.ts';
import { oneReading } from '../api/one-reading.ts';

const telling = new Set(['run.queueChanged', 'run.statusChanged', 'run.epochEnded', 'run.changed']);

/** The trainings of all projects that are open here. */
export const useTrainingQueue = defineStore('training-queue', () => {
  const queue = shallowRef<TrainingQueueState>({ paused: false, runs: [] });
  const failure = shallowRef<unknown>(null);
  const waiting = computed(() => queue.value.runs.filter(({ place }) => place !== null));

  async function read(): Promise<void> {
    try {
      queue.value = await (await engine()).run.queue();
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
  }
  const load = oneReading(read);

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
