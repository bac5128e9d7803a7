import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { beforeAll, describe, expect, it } from 'vitest';

import type { BackendReport } from '../../src/contract/system.ts';
import type { TrainerEvent } from '../../src/contract/workers.ts';
import { createForkSpawner } from '../../src/rpc/child-process.ts';
import { readModelFolder } from '../../src/worker/compute/model-folder.ts';
import { readStamp, repositoryFolder } from '../../scripts/setup/places.mjs';
import { writeTinyRun } from '../support/tiny-run.ts';

const spawn = createForkSpawner((entry) =>
  fileURLToPath(new URL(`../../src/worker/${entry}.ts`, import.meta.url)),
);
const ids = ['tensorflow', 'webgpu', 'cpu'];
let reports: BackendReport[] = [];

interface Trained {
  /** Training and validation loss of each epoch. */
  losses: number[];
  weights: ReadonlyMap<string, Float32Array>;
}

/** Four epochs of six steps without chance between backends: what differs is rounding. */
async function trainOn(backend: string): Promise<Trained> {
  const worker = spawn('compute');
  const losses: number[] = [];
  let ended: TrainerEvent | null = null;
  const runFolder = writeTinyRun({
    backend: { id: backend },
    // So narrow a network learns in so few steps with some seeds only; of 1 to 6 this one does best.
    seed: 4,
    epochs: 4,
    optimizer: { learningRate: 3e-3 },
    schedule: { id: 'constant', warmupEpochs: 0 },
    earlyStopping: { restoreBest: false },
    network: { id: 'alexnet-small', scale: 0.05, dropout: 0.2 },
  });
  for await (const event of await worker.client.train({ runFolder })) {
    if (event.type === 'epochEnded') losses.push(event.record.loss, event.record.valLoss);
    if (event.type === 'started') expect(event.backend).toBe(backend);
    if (event.type === 'ended') ended = event;
  }
  worker.kill();
  expect(ended).toMatchObject({ error: null });
  const { weights } = await readModelFolder(path.join(runFolder, 'model'));
  return { losses, weights };
}

/** Largest difference of any weight, and the largest weight. */
function compare(a: Trained['weights'], b: Trained['weights']): { difference: number; largest: number } {
  let [difference, largest] = [0, 0];
  for (const [name, values] of a) {
    values.forEach((value, i) => {
      difference = Math.max(difference, Math.abs(value - b.get(name)![i]!));
      largest = Math.max(largest, Math.abs(value));
    });
  }
  return { difference, largest };
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

  it('include TensorFlow where the set-up put it in place and saw it compute', (context) => {
    const { tensorflow } = readStamp(repositoryFolder) ?? {};
    if (tensorflow?.ok !== true) return context.skip('the set-up of this clone has no TensorFlow');
    expect(reports.find(({ id }) => id === 'tensorflow')).toMatchObject({ ok: true });
  });

  let expected: Promise<Trained> | null = null;

  it.for(['tensorflow', 'webgpu'])(
    '%s learns, and what plain JavaScript learns',
    { timeout: 240_000 },
    async (id, context) => {
      const report = reports.find((candidate) => candidate.id === id)!;
      if (!report.ok) return context.skip(`${report.reason} ${report.remedy}`);
      expected ??= trainOn('cpu');
      const [reference, trained] = [await expected, await trainOn(id)];
      const { difference, largest } = compare(trained.weights, reference.weights);
      expect(trained.losses).toHaveLength(8);
      expect(trained.losses.at(-1)).toBeLessThan(trained.losses[1]! / 2);
      // Measured: losses within 4e-6, weights within 6e-6 of largest weights of 0.5.
      trained.losses.forEach((loss, i) => expect(Math.abs(loss - reference.losses[i]!)).toBeLessThan(1e-4));
      expect(largest).toBeGreaterThan(0.1);
      expect(difference).toBeLessThan(1e-4);
    },
  );
});
