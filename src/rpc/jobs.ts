import type { ContractRouterClient } from '@orpc/contract';

import { isErrorCode, ReadroomError } from '../contract/errors.ts';
import type { EngineEvent } from '../contract/events.ts';
import type { Contract } from '../contract/index.ts';
import type { Job } from '../contract/job.ts';

export type EngineClient = ContractRouterClient<Contract>;

export interface JobProgress {
  done: number;
  total: number | null;
  note: string;
}

export interface WaitOptions {
  onProgress?: (progress: JobProgress) => void;
  /** The run that the job trains, where it trains one. */
  run?: string;
  /** The events of the job and of its run, those from before this call included, e.g. a training's steps. */
  onEvent?: (event: EngineEvent) => void;
  signal?: AbortSignal;
  /** What an abort does; the job is waited for all the same. Default: cancels the job. */
  onAbort?: () => Promise<void>;
}

function endedResult(row: Job): unknown {
  if (row.status === 'completed') return row.result;
  if (row.error !== null) {
    const { code, message, hint, data } = row.error;
    throw new ReadroomError(isErrorCode(code) ? code : 'internal', message, hint, data);
  }
  const code = row.status === 'interrupted' ? 'interrupted' : 'cancelled';
  throw new ReadroomError(code, `The work (${row.kind}) was ${row.status}.`, 'Start it again.');
}

/**
 * Waits for long work and returns its result (of the procedure's result schema). Progress comes from
 * the event stream, the outcome from the row, so a client that reconnects may call this again.
 * Throws the job's own error, `cancelled` or `interrupted`.
 */
export async function waitForJob(
  client: EngineClient,
  job: string,
  options: WaitOptions = {},
): Promise<unknown> {
  const { signal, onProgress, onEvent, run } = options;
  const listening = new AbortController();
  let abortFailed: ((error: unknown) => void) | undefined;
  const abortFailure = new Promise<never>((_resolve, reject) => {
    abortFailed = reject;
  });
  abortFailure.catch(() => undefined);
  const abort = (): void => {
    (options.onAbort?.() ?? client.job.cancel({ job })).catch(async (error: unknown) => {
      // A job that ended meanwhile cannot be cancelled any more, and need not be.
      const row = await client.job.get({ job }).catch(() => null);
      if (row === null || row.status === 'running') abortFailed?.(error);
    });
  };
  try {
    // The stream first: nothing that happens after the row was read can then be missed.
    const events = (await client.system.events({ since: 0 }, { signal: listening.signal }))[
      Symbol.asyncIterator
    ]();
    let next = events.next();
    next.catch(() => undefined);
    let row = await client.job.get({ job });
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort, { once: true });
    while (row.status === 'running') {
      const { done, value } = await Promise.race([next, abortFailure]);
      if (done === true) {
        row = await client.job.get({ job });
        if (row.status === 'running')
          throw new ReadroomError('workerDied', 'The engine closed its event stream.');
        break;
      }
      next = events.next();
      next.catch(() => undefined);
      const { event } = value;
      if (('job' in event && event.job === job) || ('run' in event && event.run === run)) onEvent?.(event);
      if (event.type === 'job.progressed' && event.job === job) {
        onProgress?.({ done: event.done, total: event.total, note: event.note });
      }
      if (event.type === 'job.ended' && event.job === job) row = await client.job.get({ job });
    }
    return endedResult(row);
  } finally {
    signal?.removeEventListener('abort', abort);
    listening.abort();
  }
}
