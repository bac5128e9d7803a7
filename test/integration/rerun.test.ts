import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  type ReproductionCertificate,
  reproductionCertificateSchema,
} from '../../src/contract/certificate.ts';
import type { EngineEvent } from '../../src/contract/events.ts';
import { openProjectForReading } from '../../src/engine/project/session.ts';
import { certificateOf } from '../../src/engine/runs/certificate.ts';
import { rerunAndCompare } from '../../src/engine/runs/rerun.ts';
import { runFolderOf } from '../../src/engine/runs/run-folder.ts';
import { type PlannedRun, planRerun } from '../../src/engine/runs/train.ts';
import type { ImportBench } from '../support/import-project.ts';
import { openRunBench, spawn, spawned, trainHere, untroubled } from '../support/run-bench.ts';

let bench: ImportBench;
let first: string;

beforeAll(async () => {
  bench = await openRunBench();
  first = (await trainHere(bench)).run;
});
afterAll(() => bench.close());

const again = (onEvent: (event: EngineEvent) => void = () => undefined): Promise<PlannedRun> =>
  planRerun(bench.session, first, {
    spawn,
    pool: bench.pool,
    keptWeights: bench.keptWeights,
    publish: onEvent,
    version: '1.2.3',
  });
const fileOf = (run: string): string => runFolderOf(bench.session.folder, run).certificate;
const kept = (run: string): ReproductionCertificate =>
  reproductionCertificateSchema.parse(JSON.parse(readFileSync(fileOf(run), 'utf8')));

describe('a run that trains another one’s recipe again', () => {
  it('leaves a certificate in its folder that says the same as the answer', async () => {
    const result = await rerunAndCompare(bench.session, first, await again(), untroubled());
    const certificate = kept(result.rerun);
    expect(result).toMatchObject({ run: first, same: true, certificate });
    expect(certificate.first.weightsSha256).toBe(result.weightsSha256[1]);
    expect(certificate.first.validationSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(certificate.first.validationSha256).toBe(certificate.second.validationSha256);
    expect(Object.entries(certificate.second).filter(([, value]) => value === null)).toEqual([]);
    expect(certificate.second).toMatchObject({ readroom: '1.2.3', node: process.version, threads: 1 });
    // The first run was trained by something that did not say its version.
    expect(certificate.first).toMatchObject({ readroom: null, node: process.version });
    expect(certificate.datasetVersion).toBe(bench.session.runs.get(first).datasetVersion);
    expect(await certificateOf(bench.session, first)).toBeNull();
  });

  it('has it too when it was paused and resumed', async () => {
    const hold = new AbortController();
    const { run, train } = await again(({ type }) => {
      if (type === 'run.stepEnded') hold.abort();
    });
    expect((await train(untroubled(), hold.signal)).status).toBe('paused');
    expect([existsSync(fileOf(run)), await certificateOf(bench.session, run)]).toEqual([false, null]);
    await trainHere(bench, { resume: run });
    expect(kept(run)).toMatchObject({ same: true, first: { run: first }, second: { run } });
    // Its second sitting was one of a program that did not say its version.
    expect(kept(run).second).toMatchObject({ readroom: null, node: process.version });
  });

  it('has it too when its trainer was killed and it was resumed', async () => {
    const { run, train } = await again(({ type }) => {
      if (type === 'run.epochEnded') process.kill(spawned.compute, 'SIGKILL');
    });
    await expect(train(untroubled())).rejects.toMatchObject({ code: 'workerDied' });
    await trainHere(bench, { resume: run });
    expect(kept(run)).toMatchObject({ same: true, second: { run } });
  });

  it('names another number of threads where the weights are others', async () => {
    const { threads, weightsSha256 } = bench.session.runs.get(first);
    bench.session.runs.update(first, { threads: 8, weightsSha256: '0'.repeat(64) });
    const result = await rerunAndCompare(bench.session, first, await again(), untroubled());
    bench.session.runs.update(first, { threads: threads!, weightsSha256 });
    expect(result.same).toBe(false);
    expect(kept(result.rerun).differences).toEqual([{ fact: 'threads', first: 8, second: 1 }]);
    expect(kept(result.rerun).reason).toContain('threads, 8 in the first and 1 in the second');
  });
});

describe('a certificate that is not there', () => {
  let second: string;
  beforeAll(async () => {
    second = (await (await again()).train(untroubled())).run;
  });

  it('or is torn, is made again; by a reader without leaving it in the project', async () => {
    const reader = openProjectForReading(bench.session.folder);
    rmSync(fileOf(second));
    expect(await certificateOf(reader, second)).toMatchObject({ same: true });
    expect(existsSync(fileOf(second))).toBe(false);
    reader.close();
    writeFileSync(fileOf(second), '{"formatVersion":1,"stat');
    expect(await certificateOf(bench.session, second)).toMatchObject({ same: true });
    expect(kept(second).second.run).toBe(second);
  });

  it('because the disk refuses it, is told and given all the same', async () => {
    const told: string[] = [];
    rmSync(fileOf(second));
    // Rights hold nobody back who is root; a folder that is not empty does.
    mkdirSync(path.join(fileOf(second), 'in the way'), { recursive: true });
    const certificate = await certificateOf(bench.session, second, (sentence) => told.push(sentence));
    expect(certificate).toMatchObject({ same: true });
    expect(told).toEqual([expect.stringContaining('could not be written')]);
    rmSync(fileOf(second), { recursive: true });
  });

  it('outlasts the run that it compares with', async () => {
    const before = await certificateOf(bench.session, second);
    bench.session.runs.remove(first);
    expect(await certificateOf(bench.session, second)).toEqual(before);
    expect(bench.session.runs.get(second).rerunOf).toBeNull();
  });
});
