import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import type { OpenEngine } from '../../src/cli/host.ts';
import type { TrainingQueueState } from '../../src/contract/queue.ts';
import { type EngineClient, waitForJob } from '../../src/rpc/jobs.ts';
import { writeFilms } from '../contract/scenario.ts';
import { startEngine } from '../support/engine.ts';
import { quickly } from '../support/run-bench.ts';

/** Long enough for a machine that is busy with other tests. */
const soon = { timeout: 60_000 };
/** Far from its end when it is looked at. */
const long = { ...quickly, epochs: 500 };
let home: string;
let engine: OpenEngine;
let client: EngineClient;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'readroom-queue-'));
  open();
});
afterEach(() => engine.close());

/** A window on the same settings, as it is opened in the morning. */
function open(): void {
  engine = startEngine('server', path.join(home, 'settings'));
  ({ client } = engine);
}

async function reopen(...names: string[]): Promise<void> {
  await engine.close();
  open();
  for (const name of names) await client.project.open({ path: path.join(home, name) });
}

async function splitProject(name: string): Promise<string> {
  const { project } = await client.project.create({ path: path.join(home, name) });
  const labels = { from: 'folder' as const };
  const { job } = await client.dataset.import({ project, sources: [writeFilms()], labels });
  await waitForJob(client, job);
  const split = await client.dataset.split({ project, train: 0.5, val: 0.25, test: 0.25, by: 'image' });
  await waitForJob(client, split.job);
  return project;
}

const train = async (project: string, name: string, set: Record<string, unknown> = long): Promise<string> =>
  (await client.run.train({ project, set, name })).run;
const queue = (): Promise<TrainingQueueState> => client.run.queue();
const standing = async (): Promise<string[]> =>
  (await queue()).runs.map(({ name, place }) => `${place ?? 'now'} ${name}`);

it(
  'finds the queue of all projects as it was left: order, priority, pause',
  { timeout: 180_000 },
  async () => {
    const [a, b] = [await splitProject('a'), await splitProject('b')];
    await client.run.pauseQueue({ paused: true });
    await train(a, 'a1');
    await train(b, 'b1');
    const a2 = await train(a, 'a2');
    const b2 = await train(b, 'b2');
    await expect.poll(standing, soon).toEqual(['1 a1', '2 b1', '3 a2', '4 b2']);
    await client.run.setPriority({ project: a, run: a2, priority: 'low' });
    await client.run.moveInQueue({ project: b, run: b2, place: 1 });
    const left = ['1 b2', '2 a1', '3 b1', '4 a2'];
    expect(await standing()).toEqual(left);

    await reopen('b', 'a');
    await expect.poll(standing, soon).toEqual(left);
    const found = await queue();
    expect(found.paused).toBe(true);
    expect(found.runs.map(({ priority }) => priority)).toEqual(['normal', 'normal', 'normal', 'low']);
    expect(found.runs.every(({ waitedBefore, status }) => waitedBefore && status === 'queued')).toBe(true);
    expect(found.runs.map(({ projectName }) => projectName)).toEqual(['b', 'a', 'b', 'a']);

    // A project that closes takes its own runs out of the line, not those of others.
    await client.project.close({ project: a });
    await expect.poll(standing, soon).toEqual(['1 b2', '2 b1']);
    // Home names what waits, in projects that are open and in others.
    const waiting = (await client.project.recent()).map(({ name, project, runs }) => [name, project, runs]);
    expect(waiting).toEqual([
      ['a', null, { waiting: 2, interrupted: 0 }],
      ['b', b, { waiting: 2, interrupted: 0 }],
    ]);
    await client.run.pauseQueue({ paused: false });
    await expect.poll(standing, soon).toEqual(['now b2', '1 b1']);
  },
);

it(
  'trains what waited without being asked, and what trained once it is: at the front',
  { timeout: 180_000 },
  async () => {
    const project = await splitProject('a');
    const trained = await train(project, 'trained');
    await train(project, 'waited', { ...quickly, epochs: 40 });
    await train(project, 'last');
    const statusOf = async (run: string) => (await client.run.get({ project, run })).status;
    await expect.poll(() => statusOf(trained), soon).toBe('running');

    await reopen('a');
    await expect.poll(standing, soon).toEqual(['now waited', '1 last']);
    expect(await statusOf(trained)).toBe('interrupted');
    const atRest = async () => (await client.project.recent())[0]?.runs;
    await expect.poll(atRest, soon).toEqual({ waiting: 1, interrupted: 1 });
    expect(await client.run.resumeInterrupted({ project })).toEqual({ resumed: 1 });
    await expect.poll(standing, soon).toEqual(['now waited', '1 trained', '2 last']);
    const { runs } = await queue();
    expect(runs.map(({ waitedBefore }) => waitedBefore)).toEqual([true, false, true]);
    // Asked for once more, it is where it is.
    await expect(client.run.resume({ project, run: trained })).rejects.toMatchObject({
      code: 'runNotResumable',
    });
    await expect.poll(() => statusOf(runs[0]!.run), soon).toBe('completed');
    await expect.poll(standing, soon).toEqual(['now trained', '1 last']);
  },
);
