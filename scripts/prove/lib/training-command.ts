import { setPriority } from 'node:os';

import type { RunResult } from '../../../src/contract/run.ts';
import { until } from './processes.ts';
import { type Outcome, type StartedCommand, startReadroomGroup } from './readroom.ts';
import { readRunEvents, runFoldersOf, sittingsOf } from './run-events.ts';

/** A training that the command line runs in a process group of its own. */
export interface StartedTraining extends StartedCommand {
  runFolder: string;
}

/** Others may work on this machine meanwhile. */
const niceness = 10;
const startLimitMs = 60_000;

/** Starts `train PROJECT ARGS` and waits until its trainer trains, or until the command has ended. */
export async function startTraining(
  project: string,
  args: readonly string[],
  runFolder?: string,
): Promise<StartedTraining> {
  const before = new Set(runFoldersOf(project));
  const sittings = runFolder === undefined ? 0 : sittingsOf(readRunEvents(runFolder));
  const command = startReadroomGroup('train', project, ...args);
  setPriority(command.pid, niceness);
  let outcome: Outcome | null = null;
  void command.ended.then((ended) => (outcome = ended));
  const folder = await until('The training', startLimitMs, () => {
    const found = runFolder ?? runFoldersOf(project).find((each) => !before.has(each));
    if (found !== undefined && (outcome !== null || sittingsOf(readRunEvents(found)) > sittings))
      return found;
    if (outcome !== null) throw new Error(`The training ended at once: ${JSON.stringify(outcome)}`);
    return null;
  });
  return { ...command, runFolder: folder };
}

/** The result of a training that has reached its end. @throws Error for any other end */
export function completed({ status, document }: Outcome): RunResult {
  const result = document as RunResult | null;
  if (status !== 0 || result?.status !== 'completed')
    throw new Error(`A training ended with ${status}: ${JSON.stringify(document).slice(0, 600)}`);
  return result;
}

/** Sends a signal to all processes of a group; one that is gone already needs none. */
export function signalGroup({ pid }: { pid: number }, signal: NodeJS.Signals): void {
  signalProcess(-pid, signal);
}

/** Sends a signal to a process, or with a negative number to its group. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
