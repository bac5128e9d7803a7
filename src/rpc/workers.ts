import type { AnyContractRouter, ContractRouterClient } from '@orpc/contract';

import { ReadroomError } from '../contract/errors.ts';
import type { DecodeContract } from '../contract/decode.ts';
import type { ComputeContract } from '../contract/workers.ts';

/** The child processes of the engine and what each serves. */
export interface WorkerContracts {
  decode: DecodeContract;
  compute: ComputeContract;
}
export type WorkerEntry = keyof WorkerContracts;

export interface WorkerExit {
  code: number | null;
  signal: string | null;
}

export interface WorkerProcess<C extends AnyContractRouter> {
  client: ContractRouterClient<C>;
  /** -1 while it is not known: in Electron another process starts it. */
  readonly pid: number;
  /** Resolves once the process is gone; never rejects. */
  exited: Promise<WorkerExit>;
  /** Ends the process (SIGKILL unless said); its pending calls and streams reject with `workerDied`. */
  kill(signal?: NodeJS.Signals): void;
}

export interface SpawnOptions {
  /** Added to the parent's environment. */
  env?: Record<string, string>;
  /** Node's own flags, e.g. `--max-old-space-size=512`. */
  execArgv?: string[];
}

export type SpawnWorker = <E extends WorkerEntry>(
  entry: E,
  options?: SpawnOptions,
) => WorkerProcess<WorkerContracts[E]>;

/** The last bytes a child printed: native libraries say there why they abort. */
export const outputTailLength = 4000;

/** What the signals mean by which processes die of themselves. */
const crashes: Readonly<Record<string, string>> = {
  SIGSEGV: 'it used memory that is not its own',
  SIGBUS: 'it used memory that is not there, or a file that became shorter',
  SIGABRT: 'a library in it gave up',
  SIGILL: 'a library in it needs another processor',
  SIGFPE: 'a library in it calculated what cannot be',
};

/** What the calls to a child process that has ended are rejected with. */
export function diedError(
  name: string,
  { code, signal }: WorkerExit,
  output: string,
  asked: boolean,
): ReadroomError {
  const why = signal !== null && crashes[signal] !== undefined ? `: ${crashes[signal]}` : '';
  const how = signal === null ? `ended with exit code ${code ?? 'unknown'}` : `was ended by ${signal}${why}`;
  const hint = asked
    ? 'It was stopped on purpose.'
    : signal === 'SIGKILL'
      ? 'Another program ended it, or the system, which may have run out of memory. Nothing saved is lost: go on, with fewer other programs if it happens again.'
      : 'Nothing saved is lost. Try again; if it happens again, report it with the output of the process.';
  return new ReadroomError('workerDied', `The ${name} process ${how}.`, hint, { code, signal, output });
}
