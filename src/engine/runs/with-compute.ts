import { ReadroomError } from '../../contract/errors.ts';
import type { SpawnWorker } from '../../rpc/child-process.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import type { ProjectSession } from '../project/session.ts';
import type { ComputeClient, RunTools } from './predictions.ts';
import { refreshInputs, type RunInputs } from './run-inputs.ts';

/** Runs work with a compute child of its own, which ends when the signal aborts. @throws ReadroomError `cancelled` */
export async function withCompute<T>(
  spawn: SpawnWorker,
  signal: AbortSignal,
  work: (client: ComputeClient) => Promise<T>,
): Promise<T> {
  refuseCancelled(signal);
  const worker = spawn('compute');
  const kill = (): void => worker.kill();
  signal.addEventListener('abort', kill, { once: true });
  try {
    return await work(worker.client);
  } catch (error) {
    refuseCancelled(signal);
    throw error;
  } finally {
    signal.removeEventListener('abort', kill);
    worker.kill();
  }
}

/** Runs work with what computing with a finished run takes. @throws ReadroomError `cancelled` */
export async function withRun<T>(
  session: ProjectSession,
  run: string,
  dependencies: { spawn: SpawnWorker; pool: DecodePool },
  context: JobContext,
  work: (tools: RunTools) => Promise<T>,
): Promise<T> {
  let made: Promise<RunInputs> | null = null;
  const inputs = (): Promise<RunInputs> => (made ??= refreshInputs(session, run, dependencies.pool, context));
  const dispose = async (): Promise<void> => (await made?.catch(() => null))?.dispose();
  return withCompute(dependencies.spawn, context.signal, (compute) => work({ compute, inputs })).finally(
    dispose,
  );
}

/** @throws ReadroomError `cancelled` once the signal has aborted */
export function refuseCancelled(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new ReadroomError('cancelled', 'The work was cancelled.', 'Start it again.');
}
