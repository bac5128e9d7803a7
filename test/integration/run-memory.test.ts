import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { EngineEvent } from '../../src/contract/events.ts';
import { runMemorySchema } from '../../src/contract/run-folder.ts';
import type { RunResult } from '../../src/contract/run.ts';
import { runFolderOf } from '../../src/engine/runs/run-folder.ts';
import type { MachineMemory } from '../../src/engine/runs/run-memory.ts';
import { planTraining } from '../../src/engine/runs/train.ts';
import type { ImportBench } from '../support/import-project.ts';
import { openRunBench, quickly, spawn, spawned, untroubled } from '../support/run-bench.ts';

let bench: ImportBench;
beforeAll(async () => {
  bench = await openRunBench();
});
afterAll(() => bench.close());

/** Far enough from its end for a signal to arrive in time; a checkpoint after each step. */
const set = { ...quickly, epochs: 6, 'checkpoint.everySeconds': 0 };

/** Trains while the process is ended by a signal at its first step, so many times. */
async function trainUnder(
  signal: NodeJS.Signals,
  times: number,
  machineOf: (deaths: () => number) => MachineMemory,
): Promise<{ run: string; ended: Promise<RunResult>; told: EngineEvent[] }> {
  const told: EngineEvent[] = [];
  const ended = new Set<number>();
  const publish = (event: EngineEvent): void => {
    told.push(event);
    if (event.type !== 'run.stepEnded' || ended.size === times || ended.has(spawned.compute)) return;
    ended.add(spawned.compute);
    process.kill(spawned.compute, signal);
  };
  const machine = machineOf(() => ended.size);
  const dependencies = { spawn, pool: bench.pool, keptWeights: bench.keptWeights, publish, machine };
  const { run, train } = await planTraining(bench.session, { set }, dependencies);
  return { run, ended: train(untroubled()), told };
}

/** A kernel that counts each of those deaths as one for want of memory. */
const exhausted = (deaths: () => number): MachineMemory => ({ availableBytes: () => 0, kills: deaths });
const roomy = (): MachineMemory => ({ availableBytes: () => 8e9, kills: () => 0 });
const memoryOf = (run: string): unknown =>
  runMemorySchema.parse(
    JSON.parse(readFileSync(runFolderOf(bench.session.folder, run).memory, 'utf8')) as unknown,
  );

describe('a training whose trainer the system ended for want of memory', () => {
  it('goes on from its checkpoint with half as many images at once, and says so for good', async () => {
    const { run, ended, told } = await trainUnder('SIGKILL', 1, exhausted);
    const result = await ended;
    expect(result).toMatchObject({ status: 'completed', error: null });
    expect(memoryOf(run)).toMatchObject({ microBatchSize: 2, halvings: 1 });
    expect(result.recipe).toMatchObject({ batchSize: 4, microBatchSize: null });
    expect(result.warnings.join(' ')).toContain('batches were computed 2 images at a time');
    const notes = told.flatMap((event) => (event.type === 'run.noted' ? [event.note] : []));
    expect(notes.join(' ')).toContain('2 of the 4 images of a batch computed at once');
    const statuses = told.flatMap((event) => (event.type === 'run.statusChanged' ? [event.status] : []));
    expect(statuses).toEqual(['queued', 'starting', 'running', 'running', 'completed']);
  });

  it('fails when single images are too many, with what else to make smaller, and can be resumed', async () => {
    const { run, ended, told } = await trainUnder('SIGKILL', Infinity, exhausted);
    await expect(ended).rejects.toMatchObject({ code: 'outOfMemory' });
    expect(memoryOf(run)).toMatchObject({ microBatchSize: 1, halvings: 2 });
    const { status, error } = bench.session.runs.get(run);
    expect(status).toBe('failed');
    expect(error).toMatchObject({ code: 'outOfMemory' });
    expect(error!.message).toContain('with 1 image of a batch');
    expect(error!.hint).toMatch(/--resume .* smaller input\.size/);
    expect(told.filter(({ type }) => type === 'run.noted')).toHaveLength(2);
  });

  it('is told by what was left where the kernel does not count', async () => {
    const uncounted = { availableBytes: () => 1e8, kills: () => null };
    const { run, ended } = await trainUnder('SIGKILL', 1, () => uncounted);
    expect((await ended).status).toBe('completed');
    expect(memoryOf(run)).toMatchObject({ halvings: 1 });
  });
});

describe('a training whose trainer died otherwise', () => {
  it.each([
    ['SIGKILL', /ended by SIGKILL/, /may have run out of memory/],
    ['SIGSEGV', /ended by SIGSEGV: it used memory that is not its own/, /Nothing saved is lost/],
    ['SIGABRT', /ended by SIGABRT: a library in it gave up/, /Nothing saved is lost/],
    ['SIGBUS', /ended by SIGBUS: it used memory that is not there/, /Nothing saved is lost/],
  ] as const)('by %s is interrupted, says so, and computes as before', async (signal, message, hint) => {
    const { run, ended } = await trainUnder(signal, 1, roomy);
    await expect(ended).rejects.toMatchObject({ code: 'workerDied' });
    const { status, error, warnings } = bench.session.runs.get(run);
    expect(status).toBe('interrupted');
    expect(error!.message).toMatch(message);
    expect(error!.hint).toMatch(hint);
    expect(warnings.join(' ')).not.toContain('Memory ran out');
    expect(() => memoryOf(run)).toThrow('ENOENT');
  });
});
