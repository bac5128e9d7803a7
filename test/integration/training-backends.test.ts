import { fileURLToPath } from 'node:url';

import { beforeAll, describe, expect, it } from 'vitest';

import type { BackendReport } from '../../src/contract/system.ts';
import type { TrainerEvent } from '../../src/contract/workers.ts';
import { createForkSpawner } from '../../src/rpc/child-process.ts';
import { writeTinyRun } from '../support/tiny-run.ts';

const spawn = createForkSpawner((entry) =>
  fileURLToPath(new URL(`../../src/worker/${entry}.ts`, import.meta.url)),
);
const ids = ['tensorflow', 'webgpu', 'cpu'];
let reports: BackendReport[] = [];

/** Training and validation loss of one epoch. */
async function trainOn(backend: string): Promise<number[]> {
  const worker = spawn('compute');
  const losses: number[] = [];
  let ended: TrainerEvent | null = null;
  const runFolder = writeTinyRun({
    backend: { id: backend },
    epochs: 1,
    optimizer: { learningRate: 1e-3 },
    network: { id: 'alexnet-small', scale: 0.05 },
  });
  for await (const event of await worker.client.train({ runFolder })) {
    if (event.type === 'epochEnded') losses.push(event.record.loss, event.record.valLoss);
    if (event.type === 'started') expect(event.backend).toBe(backend);
    if (event.type === 'ended') ended = event;
  }
  worker.kill();
  expect(ended).toMatchObject({ error: null });
  return losses;
}

beforeAll(async () => {
  const worker = spawn('compute');
  reports = await worker.client.probe();
  worker.kill();
}, 120_000);

describe('backends', () => {
  it('are each reported with a reason, and a remedy where they do not answer', () => {
    expect(reports.map(({ id }) => id)).toEqual(ids);
    for (const { ok, reason, remedy, device, version } of reports) {
      expect(reason).toMatch(/\.$/);
      if (ok) expect([device, version]).not.toContain(null);
      else expect(remedy).toMatch(/\.$/);
    }
    expect(reports.find(({ id }) => id === 'cpu')).toMatchObject({ ok: true });
  });

  let expected: Promise<number[]> | null = null;

  it.each(['tensorflow', 'webgpu'])(
    '%s trains to the losses of plain JavaScript',
    { timeout: 240_000 },
    async (id) => {
      const report = reports.find((candidate) => candidate.id === id)!;
      if (!report.ok) {
        console.warn(`NOT RUN: the ${id} backend is not available here. ${report.reason} ${report.remedy}`);
        return;
      }
      expected ??= trainOn('cpu');
      const losses = await trainOn(id);
      (await expected).forEach((loss, i) => expect(losses[i]).toBeCloseTo(loss, 2));
    },
  );
});
