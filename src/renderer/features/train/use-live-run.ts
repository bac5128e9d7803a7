import { computed, onBeforeUnmount, ref, shallowRef } from 'vue';

import type { EngineEvent, EpochRecord, EpochSamples } from '../../../contract/events.ts';
import type { RunResult } from '../../../contract/run.ts';
import { isUnderWay } from '../../../core/run-state.ts';
import { engine, onEngineEvent, onResync } from '../../api/engine.ts';
import type { StepPoint } from './curve-options.ts';
import { mergedHistory, type StepState } from './run-pace.ts';

const mostStepPoints = 2000;
/** Steps may come by the hundred a second; a chart need not. */
const redrawMs = 400;

/**
 * A run as it stands and as it goes on: its rows are read once, then events carry it further. Events that come
 * while rows are read are kept, so that a reload in the middle misses nothing.
 */
export function useLiveRun(project: string, runId: string) {
  const run = shallowRef<RunResult | null>(null);
  const failure = shallowRef<unknown>(null);
  const history = shallowRef<EpochRecord[]>([]);
  const samples = shallowRef<EpochSamples[]>([]);
  const step = shallowRef<StepState | null>(null);
  const stepPoints = shallowRef<StepPoint[]>([]);
  const notes = ref<string[]>([]);
  const nowMs = ref(performance.now());
  let epochSinceMs = performance.now();

  const isLive = computed(() => run.value !== null && isUnderWay(run.value.status));
  /** Seconds of all epochs, the one under way included. */
  const elapsed = computed(() => {
    const { seconds = null } = run.value ?? {};
    if (!isLive.value && seconds !== null) return seconds;
    const done = history.value.reduce((sum, record) => sum + record.seconds, 0);
    const trains = run.value?.status === 'running' || run.value?.status === 'stopping';
    // A run that went on after a pause knows what its earlier sittings took.
    return Math.max(done, seconds ?? 0) + (trains ? Math.max(0, nowMs.value - epochSinceMs) / 1000 : 0);
  });

  let newest = 0;
  async function read(): Promise<void> {
    const mine = ++newest;
    try {
      const client = await engine();
      const [row, sampled] = await Promise.all([
        client.run.get({ project, run: runId }),
        client.run.samples({ project, run: runId }),
      ]);
      if (mine !== newest) return;
      run.value = row;
      history.value = mergedHistory(history.value, row.history);
      samples.value = mergedSamples(samples.value, sampled);
      failure.value = null;
    } catch (error) {
      if (mine === newest) failure.value = error;
    }
  }

  let points: StepPoint[] = [];
  let redraw: ReturnType<typeof setTimeout> | undefined;
  function addStep(event: Extract<EngineEvent, { type: 'run.stepEnded' }>): void {
    points.push([event.epoch - 1 + event.step / event.steps, event.loss]);
    if (points.length > mostStepPoints) points = points.filter((_, index) => index % 2 === 1);
    redraw ??= setTimeout(() => {
      redraw = undefined;
      step.value = event;
      stepPoints.value = [...points];
    }, redrawMs);
    if (step.value === null || step.value.epoch !== event.epoch) step.value = event;
  }

  function heard(event: EngineEvent): void {
    if (!('run' in event) || event.project !== project || event.run !== runId) return;
    switch (event.type) {
      case 'run.statusChanged':
        if (run.value !== null) run.value = { ...run.value, status: event.status };
        if (event.status === 'running') epochSinceMs = performance.now();
        void read();
        return;
      case 'run.changed':
        void read();
        return;
      case 'run.stepEnded':
        addStep(event);
        return;
      case 'run.epochEnded':
        history.value = mergedHistory(history.value, [event.record]);
        epochSinceMs = performance.now();
        return;
      case 'run.sampled':
        samples.value = mergedSamples(samples.value, [event.samples]);
        return;
      case 'run.noted':
        notes.value = [...notes.value, event.note];
        return;
      default:
    }
  }

  const ends = [onEngineEvent(heard), onResync(() => void read())];
  const clock = setInterval(() => (nowMs.value = performance.now()), 1000);
  onBeforeUnmount(() => {
    for (const end of ends) end();
    clearInterval(clock);
    clearTimeout(redraw);
    newest = -1;
  });
  void read();
  return { run, failure, history, samples, step, stepPoints, notes, isLive, elapsed, read };
}

function mergedSamples(known: readonly EpochSamples[], added: readonly EpochSamples[]): EpochSamples[] {
  const byEpoch = new Map([...known, ...added].map((sample) => [sample.epoch, sample]));
  return [...byEpoch.values()].sort((a, b) => a.epoch - b.epoch);
}
