import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';

import { type TrainerEvent, trainerEventSchema } from '../../contract/workers.ts';
import { diskError } from '../../files/disk-error.ts';
import { openStepFile } from './step-file.ts';
import { openEventFiles } from './tensorboard.ts';

type StepEvent = Extract<TrainerEvent, { type: 'stepEnded' }>;
type EpochEvent = Extract<TrainerEvent, { type: 'epochEnded' }>;
type SampledEvent = Extract<TrainerEvent, { type: 'sampled' }>;
type EndedEvent = Extract<TrainerEvent, { type: 'ended' }>;

const heartbeatMs = 2000;
const stepEventMs = 200;

/**
 * A run's events on their way to the caller and into `events.jsonl`. Heartbeats are sent only; steps at most
 * five a second, the last of an epoch always. What cannot be written, the disk being full say, is written with
 * the next event that can; steps are then left out. What is new in them goes into `steps.json` and into event files
 * for TensorBoard as well.
 */
export interface EventLog {
  write(event: TrainerEvent): void;
  step(event: StepEvent): void;
  /** Tells the caller what is on disk already. */
  repeat(event: TrainerEvent): void;
  /** Tells the caller of epochs of an earlier sitting with their samples, and writes down those epochs that the log lacks. */
  catchUp(epochs: readonly EpochEvent[]): Promise<void>;
  /** What an earlier sitting said that finished with a model: start, epochs, end; else null. */
  finished(): Promise<{ before: TrainerEvent[]; ended: EndedEvent } | null>;
  /**
   * Puts the end on disk, durably, without telling the caller yet.
   *
   * @throws ReadroomError `diskFull`, `permissionDenied`
   */
  record(event: EndedEvent): Promise<void>;
  /** Tells the caller the end, and writes it down unless `record` has. */
  end(event: EndedEvent): Promise<void>;
  close(): Promise<void>;
}

/** Starts the heartbeat; `close` ends it. */
export function openEventLog(runFolder: string, emit: (event: TrainerEvent) => void): EventLog {
  const file = path.join(runFolder, 'events.jsonl');
  let lines: { append(text: string): Promise<void>; sync(): Promise<void>; close(): Promise<void> } | null =
    null;
  let lastStepAt = -Infinity;
  let recorded: EndedEvent | null = null;
  let writing: Promise<unknown> = Promise.resolve();
  let failure: { reason: unknown } | null = null;
  let unwritten = '';
  /** Measured at a step that was not told. */
  let gradientNorm: number | null = null;
  const followers = [openStepFile(runFolder), openEventFiles(runFolder)];
  const heartbeat = setInterval(() => emit({ type: 'heartbeat' }), heartbeatMs);

  const append = (event: TrainerEvent): void => {
    const line = `${JSON.stringify(event)}\n`;
    writing = writing.then(async () => {
      try {
        lines ??= await openLines(file);
        await lines.append(unwritten + line);
        unwritten = '';
        failure = null;
      } catch (error) {
        if (event.type !== 'stepEnded') unwritten += line;
        failure = { reason: diskError(error, file) };
      }
    });
  };
  const write = (event: TrainerEvent): void => {
    append(event);
    for (const follower of followers) follower.add(event);
    emit(event);
  };

  return {
    write,
    step: (event) => {
      const now = performance.now();
      gradientNorm = event.gradientNorm ?? gradientNorm;
      if (now - lastStepAt < stepEventMs && event.step < event.steps) return;
      lastStepAt = now;
      write({ ...event, gradientNorm });
      gradientNorm = null;
    },
    repeat: emit,
    catchUp: async (epochs) => {
      const written = await readEvents(file);
      const known = new Set(epochEvents(written).map(({ record }) => record.epoch));
      for (const event of epochs) {
        if (known.has(event.record.epoch)) emit(event);
        else write(event);
      }
      const counted = new Set(epochs.map(({ record }) => record.epoch));
      sampleEvents(written)
        .filter(({ samples }) => counted.has(samples.epoch))
        .forEach(emit);
    },
    finished: async () => {
      const events = await readEvents(file);
      const ended = events.at(-1);
      if (ended?.type !== 'ended' || ended.error !== null || ended.weightsSha256 === null) return null;
      recorded = ended;
      const started = events.findLast(({ type }) => type === 'started');
      // An epoch that was trained twice, for want of a checkpoint after the first time, counts as it was last.
      const epochs = [...new Map(epochEvents(events).map((event) => [event.record.epoch, event])).values()];
      const told = [...epochs, ...sampleEvents(events)];
      return { before: started ? [started, ...told] : told, ended };
    },
    record: async (event) => {
      append(event);
      await writing;
      if (failure !== null) throw failure.reason;
      await lines?.sync();
      recorded = event;
    },
    end: async (event) => {
      if (recorded === null) append(event);
      await writing;
      await lines?.sync().catch(() => undefined);
      emit(event);
    },
    close: async () => {
      clearInterval(heartbeat);
      await writing;
      await lines?.close();
      await Promise.all(followers.map((follower) => follower.close()));
    },
  };
}

/** A file to which whole lines are added, whatever a crash or a full disk left at its end. */
async function openLines(
  file: string,
): Promise<{ append(text: string): Promise<void>; sync(): Promise<void>; close(): Promise<void> }> {
  await mkdir(path.dirname(file), { recursive: true });
  const handle = await open(file, 'a+');
  let lineIsOpen = await endsInsideLine(handle);
  return {
    append: async (text) => {
      const start = lineIsOpen ? '\n' : '';
      lineIsOpen = true;
      await handle.appendFile(start + text);
      lineIsOpen = false;
    },
    sync: () =>
      handle.sync().catch((error: unknown) => {
        throw diskError(error, file);
      }),
    close: () => handle.close(),
  };
}

async function endsInsideLine(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return false;
  const end = new Uint8Array(1);
  await handle.read(end, 0, 1, size - 1);
  return end[0] !== 0x0a;
}

function epochEvents(events: readonly TrainerEvent[]): EpochEvent[] {
  return events.filter((event) => event.type === 'epochEnded');
}

/** The samples of each epoch, as it was last. */
function sampleEvents(events: readonly TrainerEvent[]): SampledEvent[] {
  const sampled = events.filter((event) => event.type === 'sampled');
  return [...new Map(sampled.map((event) => [event.samples.epoch, event])).values()];
}

async function readEvents(file: string): Promise<TrainerEvent[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const parsed = trainerEventSchema.safeParse(parseLine(line));
    return parsed.success ? [parsed.data] : [];
  });
}

/** A line that a crash cut short is no event. */
function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
