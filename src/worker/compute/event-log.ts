import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';

import { type TrainerEvent, trainerEventSchema } from '../../contract/workers.ts';

type StepEvent = Extract<TrainerEvent, { type: 'stepEnded' }>;
type EndedEvent = Extract<TrainerEvent, { type: 'ended' }>;

const heartbeatMs = 2000;
const stepEventMs = 200;

/**
 * A run's events on their way to the caller and into `events.jsonl`. Heartbeats are sent only; steps at most
 * five a second, the last of an epoch always.
 */
export interface EventLog {
  write(event: TrainerEvent): void;
  step(event: StepEvent): void;
  /** Tells the caller what is on disk already. */
  repeat(event: TrainerEvent): void;
  /** What an earlier sitting said that finished with a model: start, epochs, end; else null. */
  finished(): Promise<{ before: TrainerEvent[]; ended: EndedEvent } | null>;
  /** Puts the end on disk, durably, without telling the caller yet. */
  record(event: EndedEvent): Promise<void>;
  /** Tells the caller the end, and writes it down unless `record` has. */
  end(event: EndedEvent): Promise<void>;
  close(): Promise<void>;
}

/** Starts the heartbeat; `close` ends it. */
export function openEventLog(runFolder: string, emit: (event: TrainerEvent) => void): EventLog {
  const file = path.join(runFolder, 'events.jsonl');
  let handle: FileHandle | null = null;
  let lastStepAt = -Infinity;
  let recorded: EndedEvent | null = null;
  let writing: Promise<unknown> = Promise.resolve();
  let failure: Error | null = null;
  const heartbeat = setInterval(() => emit({ type: 'heartbeat' }), heartbeatMs);

  const append = (event: TrainerEvent): void => {
    writing = writing
      .then(async () => {
        await mkdir(runFolder, { recursive: true });
        handle ??= await open(file, 'a');
        await handle.appendFile(`${JSON.stringify(event)}\n`);
      })
      .catch((error: unknown) => (failure ??= error instanceof Error ? error : new Error(String(error))));
  };
  const write = (event: TrainerEvent): void => {
    append(event);
    emit(event);
  };
  const flush = async (): Promise<void> => {
    await writing;
    if (failure !== null) throw failure;
    await handle?.sync();
  };

  return {
    write,
    step: (event) => {
      const now = performance.now();
      if (now - lastStepAt < stepEventMs && event.step < event.steps) return;
      lastStepAt = now;
      write(event);
    },
    repeat: emit,
    finished: async () => {
      const events = await readEvents(file);
      const ended = events.at(-1);
      if (ended?.type !== 'ended' || ended.error !== null || ended.weightsSha256 === null) return null;
      recorded = ended;
      const started = events.findLast(({ type }) => type === 'started');
      const epochs = events.filter(({ type }) => type === 'epochEnded');
      return { before: started ? [started, ...epochs] : epochs, ended };
    },
    record: async (event) => {
      append(event);
      await flush();
      recorded = event;
    },
    end: async (event) => {
      if (recorded === null) append(event);
      await flush().catch(() => undefined);
      emit(event);
    },
    close: async () => {
      clearInterval(heartbeat);
      await writing;
      await handle?.close();
    },
  };
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
