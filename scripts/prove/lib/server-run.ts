import path from 'node:path';

import type { RunStatus } from '../../../src/contract/events.ts';
import type { RunResult } from '../../../src/contract/run.ts';
import { trainerOf, until } from './processes.ts';
import type { ProofServer } from './proof-server.ts';
import { readRunEvents, sittingsOf } from './run-events.ts';

const limitMs = 180_000;
const underWay: readonly RunStatus[] = ['queued', 'starting', 'running', 'stopping'];

/** A training that a server runs. */
export interface ServerRun {
  run: string;
  runFolder: string;
  /** The pid. */
  trainer: number;
}

/** Starts a training and waits until its trainer trains. */
export async function trainOnServer(
  server: ProofServer,
  projectFolder: string,
  recipe: unknown,
): Promise<ServerRun> {
  const { run } = await server.client.run.train({ project: server.project, recipe });
  const runFolder = path.join(projectFolder, 'runs', run);
  return { run, runFolder, trainer: await trainerBegins(server, runFolder, 1) };
}

/** The pid of a run's trainer, once it trains. */
export async function trainerBegins(
  server: ProofServer,
  runFolder: string,
  sitting: number,
): Promise<number> {
  return until('The trainer', limitMs, () =>
    sittingsOf(readRunEvents(runFolder)) >= sitting ? trainerOf(server.command.pid, runFolder) : null,
  );
}

/** A run once it neither waits nor trains. */
export async function standsStill({ client, project }: ProofServer, run: string): Promise<RunResult> {
  return until('The end of the training', limitMs, async () => {
    const result = await client.run.get({ project, run });
    return underWay.includes(result.status) ? null : result;
  });
}
