import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import type { RecipeInput } from '../../src/contract/recipe.ts';
import { predictionsSchema } from '../../src/contract/run-folder.ts';
import type { TrainerEvent } from '../../src/contract/workers.ts';
import { createRandom } from '../../src/core/random.ts';
import { createForkSpawner } from '../../src/rpc/child-process.ts';
import { readModelFolder } from '../../src/worker/compute/model-folder.ts';
import { writeTinyRun } from '../support/tiny-run.ts';

const spawn = createForkSpawner((entry) =>
  fileURLToPath(new URL(`../../src/worker/${entry}.ts`, import.meta.url)),
);
type EndedEvent = Extract<TrainerEvent, { type: 'ended' }>;

interface Sitting {
  events: TrainerEvent[];
  ended: EndedEvent | null;
}

/** Trains in a real child until it ends, or until `leave` says so of an event: then SIGKILL. */
async function sit(
  runFolder: string,
  leave: (event: TrainerEvent) => boolean = () => false,
): Promise<Sitting> {
  const worker = spawn('compute');
  const events: TrainerEvent[] = [];
  try {
    for await (const event of await worker.client.train({ runFolder })) {
      events.push(event);
      if (leave(event)) break;
    }
  } finally {
    worker.kill();
    await worker.exited;
  }
  return { events, ended: events.find((event) => event.type === 'ended') ?? null };
}

const everyStep: RecipeInput = { checkpoint: { everySeconds: 0 } };
const notes = (events: readonly TrainerEvent[]): string =>
  events.flatMap((event) => (event.type === 'noted' ? [event.note] : [])).join(' ');

describe('the training child', () => {
  it('trains a run folder: model, validation predictions, event log; checkpoints go; seeds repeat', async () => {
    const runFolder = writeTinyRun(everyStep);
    const { events, ended } = await sit(runFolder);
    expect(ended).toMatchObject({ stoppedBecause: 'completed', error: null });
    const types = new Set(events.map(({ type }) => type));
    for (const type of ['started', 'stepEnded', 'epochEnded', 'checkpointed', 'ended'] as const)
      expect(types).toContain(type);
    const { model } = await readModelFolder(path.join(runFolder, 'model'));
    expect(model.weightsSha256).toBe(ended!.weightsSha256);
    expect(model.classes).toEqual(['upright', 'lying']);
    const predictions = predictionsSchema.parse(
      JSON.parse(readFileSync(path.join(runFolder, 'predictions/val.json'), 'utf8')),
    );
    expect(predictions.rows).toHaveLength(16);
    for (const { probabilities } of predictions.rows)
      expect(probabilities[0]! + probabilities[1]!).toBeCloseTo(1, 6);
    expect(existsSync(path.join(runFolder, 'checkpoints'))).toBe(false);
    expect(existsSync(path.join(runFolder, 'predictions/test.json'))).toBe(false);

    const again = await sit(writeTinyRun());
    expect(again.ended!.weightsSha256).toBe(ended!.weightsSha256);
    const asked = await sit(runFolder);
    expect(asked.ended).toEqual(ended);
    expect(asked.events.filter(({ type }) => type === 'epochEnded')).toHaveLength(3);
  });

  it('killed with SIGKILL at random steps and resumed ends with the weights of an unbroken run', async () => {
    const unbroken = await sit(writeTinyRun(everyStep));
    const runFolder = writeTinyRun(everyStep);
    const random = createRandom(20, 'kills');
    let resumedAtStep = 0;
    for (let kill = 0; kill < 3; kill++) {
      const until = resumedAtStep + 1 + random.integer(4);
      const { events } = await sit(
        runFolder,
        (event) => event.type === 'checkpointed' && event.step >= until,
      );
      const started = events.find((event) => event.type === 'started');
      expect(started!.resumedAtStep).toBeGreaterThanOrEqual(resumedAtStep);
      resumedAtStep = until;
    }
    const { ended } = await sit(runFolder);
    expect(ended!.weightsSha256).toBe(unbroken.ended!.weightsSha256);
  });

  it('uses the checkpoint before a torn one and says so; the weights stay the same', async () => {
    const unbroken = await sit(writeTinyRun(everyStep));
    const runFolder = writeTinyRun(everyStep);
    await sit(runFolder, (event) => event.type === 'checkpointed' && event.step >= 8);
    truncateSync(path.join(runFolder, 'checkpoints/last/tensors.bin'), 1000);
    const { events, ended } = await sit(runFolder);
    expect(notes(events)).toMatch(
      /cannot be used: its tensors end too early\. The one before it is used: step \d+/,
    );
    expect(ended!.weightsSha256).toBe(unbroken.ended!.weightsSha256);
  });

  it('refuses two damaged checkpoints and one of another recipe instead of starting over silently', async () => {
    const runFolder = writeTinyRun(everyStep);
    await sit(runFolder, (event) => event.type === 'checkpointed' && event.step >= 3);
    const recipe = readFileSync(path.join(runFolder, 'recipe.json'), 'utf8');
    writeFileSync(path.join(runFolder, 'recipe.json'), recipe.replace('"seed":1', '"seed":2'));
    expect((await sit(runFolder)).ended!.error).toMatchObject({ code: 'badCheckpoint' });
    writeFileSync(path.join(runFolder, 'recipe.json'), recipe);
    for (const name of readdirSync(path.join(runFolder, 'checkpoints'))) {
      const header = path.join(runFolder, 'checkpoints', name, 'checkpoint.json');
      if (existsSync(header)) writeFileSync(header, 'torn');
    }
    expect((await sit(runFolder)).ended!.error).toMatchObject({ code: 'badCheckpoint' });
  });

  it('stops after the step in flight when asked, with a checkpoint from which it goes on to the same end', async () => {
    const unbroken = await sit(writeTinyRun());
    const runFolder = writeTinyRun();
    const worker = spawn('compute');
    const events: TrainerEvent[] = [];
    for await (const event of await worker.client.train({ runFolder })) {
      events.push(event);
      if (event.type === 'started') await worker.client.stop();
    }
    worker.kill();
    const ended = events.at(-1) as EndedEvent;
    expect(ended).toMatchObject({ stoppedBecause: 'cancelled', error: null, weightsSha256: null });
    const checkpointed = events.find((event) => event.type === 'checkpointed');
    expect(checkpointed!.step).toBeLessThan(18);
    const { ended: resumed } = await sit(runFolder);
    expect(resumed!.weightsSha256).toBe(unbroken.ended!.weightsSha256);
  });

  it('predicts the validation rows again, from the model folder alone', async () => {
    const runFolder = writeTinyRun({ epochs: 1 });
    await sit(runFolder);
    const { rows } = predictionsSchema.parse(
      JSON.parse(readFileSync(path.join(runFolder, 'predictions/val.json'), 'utf8')),
    );
    const worker = spawn('compute');
    const to = path.join(runFolder, 'again.f32');
    const slots = rows.map((_, i) => 48 + i);
    const request = { modelFolder: path.join(runFolder, 'model'), backend: 'auto', threads: 1, to };
    const answer = await worker.client.predict({
      ...request,
      inputs: path.join(runFolder, 'pixels.u8'),
      slots,
      count: slots.length,
      channels: 1,
    });
    worker.kill();
    expect(answer.width).toBe(2);
    const bytes = readFileSync(to);
    expect(bytes.length).toBe(16 * 2 * 4);
    rows.forEach(({ probabilities }, i) => {
      expect(bytes.readFloatLE(i * 8)).toBeCloseTo(probabilities[0]!, 6);
    });
  });

  it('says what is missing: a cache that is gone, a backend that does not exist', async () => {
    const runFolder = writeTinyRun();
    rmSync(path.join(runFolder, 'pixels.u8'));
    expect((await sit(runFolder)).ended!.error).toMatchObject({ code: 'fileNotFound' });
    const { ended } = await sit(writeTinyRun({ backend: { id: 'abacus' } }));
    expect(ended!.error).toMatchObject({ code: 'backendUnavailable' });
    expect(ended!.error!.message).toContain('abacus');
  });
});
