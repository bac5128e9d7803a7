import { type FileHandle, mkdir, open, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import type { EpochRecord } from '../../contract/events.ts';
import type { TrainerEvent } from '../../contract/workers.ts';
import { type EventContent, eventRecord, type Image, type Scalar } from '../../nn/writers/tensorboard.ts';
import { filterFile } from './filters.ts';
import type { Follower } from './follower.ts';

type StepEvent = Extract<TrainerEvent, { type: 'stepEnded' }>;

const firstStepIntervalMs = 1000;
/** So many steps are written at one interval, then it doubles: a file of a week is a few megabytes. */
const stepsAnInterval = 3600;
const namePattern = /^events\.out\.tfevents\.(\d+)\./;

/** What the files need of the clock. */
export interface EventFileClock {
  /** Seconds since 1970. */
  wallTime(): number;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
}

const usualClock: EventFileClock = {
  wallTime: () => Date.now() / 1000,
  now: () => performance.now(),
};

/**
 * Writes a run's figures as event files for TensorBoard into `tensorboard/`, one file a sitting. Steps count the
 * updates made, from 1 over the whole run; an epoch's figures stand at its last step.
 *
 * A sitting that resumes says at which step it starts: TensorBoard then drops what an earlier file says of that step
 * and later ones, which were lost with the process that made them.
 */
export function openEventFiles(runFolder: string, clock: EventFileClock = usualClock): Follower {
  const folder = path.join(runFolder, 'tensorboard');
  let stepsPerEpoch: number | null = null;
  let lastStepAt = -Infinity;
  let stepIntervalMs = firstStepIntervalMs;
  let stepsWritten = 0;
  /** Measured at a step that was not written. */
  let gradientNorm: number | null = null;
  let handle: FileHandle | null = null;
  let work: Promise<unknown> = Promise.resolve();

  const append = (content: EventContent | (() => Promise<EventContent>)): void => {
    const wallTime = clock.wallTime();
    work = work.then(async () => {
      try {
        const told = typeof content === 'function' ? await content() : content;
        handle ??= await openFile(folder, wallTime);
        await handle.appendFile(eventRecord(wallTime, told));
      } catch {
        // Nothing after a record that was cut short can be read: what comes goes into another file.
        await handle?.close().catch(() => undefined);
        handle = null;
      }
    });
  };
  const isDue = (event: StepEvent): boolean => {
    const now = clock.now();
    if (now - lastStepAt < stepIntervalMs && event.step < event.steps) return false;
    lastStepAt = now;
    stepsWritten++;
    if (stepsWritten % stepsAnInterval === 0) stepIntervalMs *= 2;
    return true;
  };
  const addStep = (event: StepEvent): void => {
    stepsPerEpoch = event.steps;
    gradientNorm = event.gradientNorm ?? gradientNorm;
    if (!isDue(event)) return;
    const step = (event.epoch - 1) * event.steps + event.step;
    append({ kind: 'summary', step, scalars: stepScalars({ ...event, gradientNorm }) });
    gradientNorm = null;
  };

  return {
    add(event) {
      if (event.type === 'started') {
        stepsPerEpoch = event.stepsPerEpoch;
        append({ kind: 'start', step: event.resumedAtStep + 1 });
      }
      if (event.type === 'stepEnded') addStep(event);
      if (stepsPerEpoch === null) return;
      if (event.type === 'epochEnded') {
        const { record } = event;
        append({ kind: 'summary', step: record.epoch * stepsPerEpoch, scalars: epochScalars(record) });
      }
      if (event.type === 'filtered') {
        const step = event.epoch * stepsPerEpoch;
        append(async () => ({
          kind: 'summary',
          step,
          images: [await pictureOf(filterFile(runFolder, event.epoch))],
        }));
      }
    },
    async close() {
      await work;
      await handle?.close().catch(() => undefined);
    },
  };
}

/** A file that sorts after all others there: TensorBoard reads them in this order. */
async function openFile(folder: string, wallTime: number): Promise<FileHandle> {
  await mkdir(folder, { recursive: true });
  const taken = (await readdir(folder)).map((name) => Number(namePattern.exec(name)?.[1] ?? 0));
  const number = Math.max(Math.floor(wallTime), ...taken.map((one) => one + 1));
  const name = `events.out.tfevents.${String(number).padStart(10, '0')}.readroom`;
  const handle = await open(path.join(folder, name), 'ax');
  await handle.appendFile(eventRecord(wallTime, { kind: 'version' }));
  return handle;
}

function stepScalars(event: StepEvent): Scalar[] {
  const { loss, learningRate, gradientNorm, imagesPerSecond, memoryBytes, tensorBytes } = event;
  return known('step', {
    loss,
    learning_rate: learningRate,
    gradient_norm: gradientNorm,
    images_per_second: imagesPerSecond,
    memory_bytes: memoryBytes,
    tensor_bytes: tensorBytes,
  });
}

function epochScalars(record: EpochRecord): Scalar[] {
  return known('epoch', {
    loss: record.loss,
    accuracy: record.accuracy,
    validation_loss: record.valLoss,
    validation_accuracy: record.valAccuracy,
    validation_balanced_accuracy: record.valBalancedAccuracy,
    validation_f1: record.valF1,
    validation_auc: record.valAuc,
    learning_rate: record.learningRate,
    images_per_second: record.imagesPerSecond,
    seconds: record.seconds,
  });
}

function known(group: string, values: Readonly<Record<string, number | null>>): Scalar[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === null ? [] : [{ tag: `${group}/${name}`, value }],
  );
}

/** A picture that `encodePng` wrote: its size and colour type stand at fixed places. */
async function pictureOf(file: string): Promise<Image> {
  const png = await readFile(file);
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  return { tag: 'filters', width, height, channels: png[25] === 2 ? 3 : 1, png };
}
