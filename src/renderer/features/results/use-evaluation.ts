import { computed, onBeforeUnmount, type Ref, ref, shallowRef, watch } from 'vue';

import type { Evaluation, EvaluationCurves, EvaluationLevel, PoolingRule } from '../../../contract/run.ts';
import { engine, onEngineEvent, onResync } from '../../api/engine.ts';
import { useJobs } from '../../stores/jobs.ts';
import { useRuns } from '../../stores/runs.ts';

export type Part = 'val' | 'test';

/** How a part is to be judged. */
export interface EvaluationWish {
  /** Of two classes; without, the last one. */
  readonly positive?: string;
  readonly level: EvaluationLevel;
  /** Of studies and patients. */
  readonly pooling?: PoolingRule;
}

/** A run's evaluation on a part: read where it is stored, made on request. Reading opens nothing. */
export function useEvaluation(project: string, run: Ref<string | null>, part: Ref<Part>) {
  const jobs = useJobs();
  const runs = useRuns();
  /** Undefined while it is being read; null: not made yet. */
  const evaluation = shallowRef<Evaluation | null | undefined>(undefined);
  const curves = shallowRef<EvaluationCurves | null>(null);
  const failure = shallowRef<unknown>(null);
  const job = ref<string | null>(null);
  const evaluating = ref(false);
  const progress = computed(() => (job.value === null ? null : (jobs.jobs.get(job.value) ?? null)));
  let newest = 0;

  async function read(): Promise<void> {
    const mine = ++newest;
    const id = run.value;
    if (id === null) return;
    const of = { project, run: id, split: part.value };
    try {
      const client = await engine();
      const stored = await client.run.evaluation(of);
      if (mine !== newest) return;
      failure.value = null;
      evaluation.value = stored;
      curves.value = null;
      if (stored === null) return;
      const drawn = await client.run.curves(of);
      if (mine === newest) curves.value = drawn;
    } catch (error) {
      if (mine !== newest) return;
      failure.value = error;
      evaluation.value ??= null;
    }
  }

  /** Evaluates the part; of the test part this counts as one more opening. */
  async function evaluate(wish: EvaluationWish): Promise<void> {
    // Each look at the test part is counted for good: not one too many.
    if (run.value === null || evaluating.value) return;
    evaluating.value = true;
    failure.value = null;
    try {
      const started = await (
        await engine()
      ).run.evaluate({
        project,
        run: run.value,
        split: part.value,
        ...wish,
      });
      job.value = started.job;
      await jobs.result(started.job);
      await runs.load();
      await read();
    } catch (error) {
      failure.value = error;
    } finally {
      job.value = null;
      evaluating.value = false;
    }
  }

  watch(
    [run, part],
    () => {
      evaluation.value = undefined;
      curves.value = null;
      failure.value = null;
      void read();
    },
    { immediate: true },
  );
  const ends = [
    onResync(() => void read()),
    onEngineEvent((event) => {
      const isOurs = event.type === 'run.changed' && event.project === project && event.run === run.value;
      if (isOurs && job.value === null) void read();
    }),
  ];
  onBeforeUnmount(() => {
    for (const end of ends) end();
    newest = -1;
  });
  const cancel = (): void => void (job.value !== null && jobs.cancel(job.value));
  return {
    evaluation,
    curves,
    failure,
    progress,
    read,
    evaluate,
    cancel,
    busy: computed(() => evaluating.value),
  };
}
