import { constants } from 'node:os';

import type { Details } from 'electron';

import type { WorkerExit } from '../rpc/workers.ts';

export type GoneReason = Details['reason'];

const signalNames = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/**
 * How a utility process ended. Chromium gives waitpid's status as the exit code: for a process that died of a
 * signal, the signal's number (with the bit for a core dump).
 */
export function exitOf(
  code: number,
  reason: GoneReason | undefined,
  asked: NodeJS.Signals | null,
): WorkerExit {
  if (asked !== null) return { code: null, signal: asked };
  const bySignal = reason === 'killed' || reason === 'crashed' || reason === 'oom';
  const signal = bySignal ? signalNames.get(code & 0x7f) : undefined;
  return signal === undefined ? { code, signal: null } : { code: null, signal };
}
