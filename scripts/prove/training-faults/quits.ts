import path from 'node:path';

import type { RunResult, RunRow } from '../../../src/contract/run.ts';
import { millisecondsUntilGone, until } from '../lib/processes.ts';
import { startProofServer } from '../lib/proof-server.ts';
import { readroom, tryReadroom } from '../lib/readroom.ts';
import { readRunEvents, resumedAtStep } from '../lib/run-events.ts';
import { trainOnServer } from '../lib/server-run.ts';
import { type Course, isSame } from '../resume/course.ts';
import type { FaultRow } from './fault-row.ts';

const orphanLimitMs = 10_000;
const checkpointLimitMs = 60_000;

/** The host ends while it trains: by a request, or without any chance to tell its trainer. */
export async function hostEnds(
  course: Course,
  recipe: unknown,
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<FaultRow> {
  const server = await startProofServer(course.project);
  const { run, runFolder, trainer } = await trainOnServer(server, course.project, recipe);
  await until('A checkpoint', checkpointLimitMs, () =>
    readRunEvents(runFolder).some(({ type }) => type === 'checkpointed'),
  );
  server.command.kill(signal);
  const [orphanMs] = await Promise.all([millisecondsUntilGone(trainer, orphanLimitMs), server.command.ended]);
  const { runs } = readroom<{ runs: RunRow[] }>('runs', course.project);
  const statusOf = (id: string): string => runs.find((row) => row.run === id)?.status ?? 'lost';
  const before = statusOf(course.result.run);
  const interrupted = statusOf(run);
  const { document } = tryReadroom('train', course.project, '--resume', run);
  const from = resumedAtStep(readRunEvents(runFolder)) ?? 0;
  const same = from > 0 && isSame(course, document as unknown as RunResult);
  return {
    fault: `the host is ended by ${signal} while it trains`,
    wanted: 'interrupted; no orphan; the completed run: completed; resumed: same weights',
    got: `${interrupted}; ${orphanMs === null ? 'an ORPHAN' : 'no orphan'}; the completed run: ${before}; resumed: ${same ? 'same weights' : 'NOT the same'}`,
    sentence:
      `The trainer was gone ${orphanMs === null ? `not within ${orphanLimitMs}` : Math.round(orphanMs)} ms later; ` +
      `run ${path.basename(runFolder).slice(0, 8)}… went on from step ${from}.`,
    answers: null,
  };
}

/** Training again with the stored recipe and seed, by the command that compares. */
export function seedTwice(course: Course): FaultRow {
  const { status, document } = tryReadroom('rerun', course.project, course.result.run);
  const { same, weightsSha256 } = (document ?? {}) as { same?: boolean; weightsSha256?: string[] };
  return {
    fault: 'the same seed twice (`rerun`)',
    wanted: 'the same checksum',
    got: status === 0 && same === true ? 'the same checksum' : `exit status ${status}`,
    sentence: (weightsSha256 ?? []).map((checksum) => `${checksum.slice(0, 12)}…`).join(' and '),
    answers: null,
  };
}
