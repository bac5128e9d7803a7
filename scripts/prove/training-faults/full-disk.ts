import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { RecipeInput } from '../../../src/contract/recipe.ts';
import { makeDrawnProject } from '../lib/drawn-project.ts';
import { isAlive, until } from '../lib/processes.ts';
import { type ProofServer, startProofServer } from '../lib/proof-server.ts';
import { checkpointStep, notesOf, readRunEvents, resumedAtStep, sittingsOf } from '../lib/run-events.ts';
import { standsStill, trainOnServer } from '../lib/server-run.ts';
import { isSame, trainThrough } from '../resume/course.ts';
import { sentenceOf } from './child-faults.ts';
import type { FaultRow } from './fault-row.ts';
import { watchAnswers } from './watch-answers.ts';

const diskMegabytes = 300;
const limitMs = 60_000;

/**
 * The disk fills up while checkpoints are written: with a little left, which the database's rows still fit into, and
 * to the last byte. Either way the checkpoint before stands, and the run goes on from it once there is room.
 */
export async function fullDisk(folder: string, recipeFile: string, recipe: RecipeInput): Promise<FaultRow[]> {
  const fault = (leftBytes: number): string =>
    `the disk fills up while training, ${leftBytes === 0 ? 'to the last byte' : `${leftBytes / 1024} KB left`}`;
  const lefts = [256 * 1024, 0];
  if (process.getuid?.() !== 0 || process.platform !== 'linux') {
    const sentence = 'Mounting a small disk needs root on Linux.';
    return lefts.map((left) => ({
      ...{ fault: fault(left), wanted: 'diskFull', got: 'not run' },
      ...{ sentence, answers: null },
    }));
  }
  const disk = mkdtempSync(path.join(tmpdir(), 'readroom-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMegabytes}m`, 'tmpfs', disk]);
  try {
    const { project, unlabelled } = makeDrawnProject(folder, {
      place: path.relative(folder, disk) + '/project',
    });
    const course = await trainThrough(project, recipeFile);
    const rows: FaultRow[] = [];
    for (const left of lefts) {
      const server = await startProofServer(project);
      try {
        const filler = path.join(disk, 'filler');
        const { run, runFolder, trainer } = await trainOnServer(server, project, recipe);
        await until('A checkpoint', limitMs, () => checkpointStep(runFolder, 'previous') !== null);
        fill(filler, disk, left);
        await until('The end of the trainer', limitMs, () => !isAlive(trainer));
        const stood = checkpointStep(runFolder, 'last');
        const told = await whatIsTold(server, run);
        rmSync(filler);
        const failed = await standsStill(server, run);
        const watch = watchAnswers(server, unlabelled);
        const before = notesOf(readRunEvents(runFolder)).length;
        await server.client.run.resume({ project: server.project, run });
        const result = await standsStill(server, run);
        const answers = await watch.stop();
        const events = readRunEvents(runFolder);
        const torn = notesOf(events)
          .slice(before)
          .some((note) => note.includes('cannot be used'));
        const from = resumedAtStep(events);
        rows.push({
          fault: fault(left),
          wanted: 'failed, diskFull; resumed from the checkpoint before: same weights',
          got:
            `${failed.status}, ${failed.error?.code}; resumed from ${!torn && from === stood && sittingsOf(events) === 2 ? 'the checkpoint before' : `step ${from} instead of ${stood}`}: ` +
            (isSame(course, result) ? 'same weights' : `${result.status} ${sentenceOf(result.error)}`),
          sentence: told.replaceAll(disk, 'DISK'),
          answers,
        });
      } finally {
        await server.close();
      }
    }
    return rows;
  } finally {
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  }
}

/** The run's error, or what its job waits for when not even that can be written. */
async function whatIsTold({ client, project }: ProofServer, run: string): Promise<string> {
  return until('A sentence', limitMs, async () => {
    const { error, job } = await client.run.get({ project, run });
    const note = job === null ? '' : (await client.job.get({ job })).note;
    return error === null ? note.includes('disk is full') && note : sentenceOf(error);
  });
}

/** Writes a file that leaves so many bytes free. */
function fill(file: string, disk: string, leftBytes: number): void {
  const { bavail, bsize } = statfsSync(disk);
  const block = new Uint8Array(64 * 1024);
  const handle = openSync(file, 'w');
  let bytes = bavail * bsize - leftBytes;
  try {
    while (bytes > 0) bytes -= writeSync(handle, block, 0, Math.min(bytes, block.length));
    // What others freed meanwhile goes too.
    while (leftBytes === 0) writeSync(handle, block, 0, 4096);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(handle);
  }
}
