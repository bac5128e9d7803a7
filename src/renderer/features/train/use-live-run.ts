import { computed, onBeforeUnmount, ref, shallowRef } from 'vue';

import type {
  EngineEvent,
  EpochRecord,
  EpochSamples,
  StepPoint,
  StepSeries,
} from '../../../contract/events.ts';
import type { RunResult } from '../../../contract/run.ts';
import { isUnderWay } from '../../../core/run-state.ts';
import { growSeries, stepPoint } from '../../../core/step-series.ts';
import { engine, onEngineEvent, onResync } from '../../api/engine.ts';
import { mergedHistory, type StepState } from './run-pace.ts';

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
  /** Epochs after which the first layer's filters were pictured. */
  const filters = shallowRef<number[]>([]);
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
      const of = { project, run: runId };
      const [row, sampled, steps, pictured] = await Promise.all([
        client.run.get(of),
        client.run.samples(of),
        client.run.steps(of),
        client.run.filters(of),
      ]);
      if (mine !== newest) return;
      run.value = row;
      history.value = mergedHistory(history.value, row.history);
      samples.value = mergedSamples(samples.value, sampled);
      filters.value = pictured;
      takeSteps(steps);
      failure.value = null;
    } catch (error) {
      if (mine === newest) failure.value = error;
    }
  }

  let series = growSeries();
  let redraw: ReturnType<typeof setTimeout> | undefined;
  function draw(): void {
    redraw = undefined;
    stepPoints.value = series.series().points;
  }
  /** What the trainer kept, and after it what was heard since it kept that. */
  function takeSteps(kept: StepSeries): void {
    const last = kept.points.at(-1)?.at ?? -1;
    const heard = series.series().points.filter(({ at }) => at > last);
    series = growSeries(kept);
    for (const point of heard) series.add(point);
    draw();
  }
  function addStep(event: Extract<EngineEvent, { type: 'run.stepEnded' }>): void {
    series.add(stepPoint(event));
    redraw ??= setTimeout(() => {
      step.value = event;
      draw();
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
      case 'run.filtered':
        filters.value = [...filters.value.filter((epoch) => epoch < event.epoch), event.epoch];
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
  return { run, failure, history, samples, filters, step, stepPoints, notes, isLive, elapsed, read };
}

function mergedSamples(known: readonly EpochSamples[], added: readonly EpochSamples[]): EpochSamples[] {
  const byEpoch = new Map([...known, ...added].map((sample) => [sample.epoch, sample]));
  return [...byEpoch.values()].sort((a, b) => a.epoch - b.epoch);
}
