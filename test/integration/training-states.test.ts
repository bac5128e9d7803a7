import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import type { RecipeInput } from '../../src/contract/recipe.ts';
import type { Manifest } from '../../src/contract/run-folder.ts';
import { type TrainerEvent, trainerEventSchema } from '../../src/contract/workers.ts';
import { readModelFolder } from '../../src/worker/compute/model-folder.ts';
import { trainRunFolder } from '../../src/worker/compute/train.ts';
import { writeTinyRun } from '../support/tiny-run.ts';

type EndedEvent = Extract<TrainerEvent, { type: 'ended' }>;

/** Trains in this process, where a folder can be copied at the very moment of an event. */
async function sit(
  runFolder: string,
  onEvent: (event: TrainerEvent, control: { stopRequested: boolean }) => void = () => undefined,
): Promise<{ events: TrainerEvent[]; ended: EndedEvent }> {
  const events: TrainerEvent[] = [];
  const control = { stopRequested: false };
  const ended = await trainRunFolder(
    runFolder,
    (event) => {
      events.push(event);
      onEvent(event, control);
    },
    control,
  );
  return { events, ended };
}

const copyOf = (folder: string): string => {
  const copy = mkdtempSync(path.join(tmpdir(), 'readroom-state-'));
  cpSync(folder, copy, { recursive: true });
  return copy;
};
const notes = (events: readonly TrainerEvent[]): string =>
  events.flatMap((event) => (event.type === 'noted' ? [event.note] : [])).join(' ');
const epochsOf = (events: readonly TrainerEvent[]): number[] =>
  events.flatMap((event) => (event.type === 'epochEnded' ? [event.record.epoch] : []));
const inCheckpoints = (folder: string, ...names: string[]): string =>
  path.join(folder, 'checkpoints', ...names);

/** One run to its end, and the run folder as a kill would have left it at three places. */
let finished = '';
let sha256: string | null = null;
const state = { midEpoch: '', epochEnd: '', lastEpochEnd: '' };

beforeAll(async () => {
  finished = writeTinyRun({ checkpoint: { everySeconds: 0 } });
  const { ended } = await sit(finished, (event) => {
    if (event.type !== 'checkpointed') return;
    if (event.step === 9) state.midEpoch = copyOf(finished);
    if (event.step === 12) state.epochEnd = copyOf(finished);
    if (event.step === 18) state.lastEpochEnd = copyOf(finished);
  });
  sha256 = ended.weightsSha256;
  expect(ended).toMatchObject({ stoppedBecause: 'completed', error: null });
}, 120_000);

describe('a run that was killed goes on to the weights of an unbroken run, from', () => {
  it('between moving the last checkpoint aside and putting the new one in its place', async () => {
    const folder = copyOf(state.midEpoch);
    rmSync(inCheckpoints(folder, 'previous'), { recursive: true });
    renameSync(inCheckpoints(folder, 'last'), inCheckpoints(folder, 'previous'));
    const { events, ended } = await sit(folder);
    expect(notes(events)).toMatch(/it is missing\. The one before it is used: step 9/);
    expect(ended.weightsSha256).toBe(sha256);
  });

  it('between keeping the best weights of an epoch and the checkpoint that mentions them', async () => {
    const folder = copyOf(state.midEpoch);
    for (const epoch of ['epoch-0002', 'epoch-0003'])
      cpSync(inCheckpoints(folder, 'best', 'epoch-0001'), inCheckpoints(folder, 'best', epoch), {
        recursive: true,
      });
    expect((await sit(folder)).ended.weightsSha256).toBe(sha256);
  });

  it('between the last step of an epoch and the end of its validation', async () => {
    const folder = writeTinyRun();
    const first = await sit(folder, (event, control) => {
      if (event.type === 'stepEnded' && event.step === event.steps) control.stopRequested = true;
    });
    expect(first.ended).toMatchObject({ stoppedBecause: 'cancelled', bestEpoch: null });
    const { events, ended } = await sit(folder);
    expect(events.find(({ type }) => type === 'started')).toMatchObject({ resumedAtStep: 6 });
    expect(epochsOf(events)).toEqual([1, 2, 3]);
    expect(ended.weightsSha256).toBe(sha256);
  });

  it('between writing the model and putting the end on disk', async () => {
    const folder = copyOf(state.lastEpochEnd);
    cpSync(path.join(finished, 'model'), path.join(folder, 'model'), { recursive: true });
    const { ended } = await sit(folder);
    expect(ended).toMatchObject({ error: null, weightsSha256: sha256 });
    expect(existsSync(inCheckpoints(folder))).toBe(false);
  });

  it('between putting the end on disk and dropping the checkpoints, which go the next time', async () => {
    const folder = copyOf(finished);
    cpSync(inCheckpoints(state.lastEpochEnd), inCheckpoints(folder), { recursive: true });
    const { events, ended } = await sit(folder);
    expect(ended.weightsSha256).toBe(sha256);
    expect(epochsOf(events)).toEqual([1, 2, 3]);
    expect(existsSync(inCheckpoints(folder))).toBe(false);
  });

  it('a log that a crash cut inside a line and that lacks epochs: they are written again, once each', async () => {
    const folder = copyOf(state.epochEnd);
    const log = path.join(folder, 'events.jsonl');
    writeFileSync(log, '{"type":"epochEnded","record":{"epo');
    await sit(folder);
    const events = readFileSync(log, 'utf8')
      .split('\n')
      .slice(1, -1)
      .map((line) => trainerEventSchema.parse(JSON.parse(line)));
    expect(epochsOf(events)).toEqual([1, 2, 3]);
  });
});

describe('a resumed run', () => {
  it('is not continued on another backend or thread count, which would give other weights in silence', async () => {
    const folder = copyOf(state.midEpoch);
    for (const name of ['last', 'previous']) {
      const header = inCheckpoints(folder, name, 'checkpoint.json');
      const line = readFileSync(header, 'utf8')
        .split('\n')[0]!
        .replace(/"computedWith":\{[^}]*\}/, '"computedWith":{"backend":"abacus","threads":3}');
      writeFileSync(header, `${line}\n${createHash('sha256').update(line).digest('hex')}\n`);
    }
    const { ended } = await sit(folder);
    expect(ended.error).toMatchObject({ code: 'backendUnavailable' });
    expect(ended.error!.message).toMatch(/begun on abacus with 3 threads.*with \w+ with 1 thread/);
    expect(ended.error!.hint).toContain('Start a new run');
  });

  it('that fails keeps what it had reached: seconds, speed, best epoch', async () => {
    const folder = copyOf(state.epochEnd);
    rmSync(path.join(folder, 'pixels.u8'));
    const { ended } = await sit(folder);
    expect(ended).toMatchObject({ stoppedBecause: 'failed', weightsSha256: null });
    expect(ended.seconds).toBeGreaterThan(0);
    expect(ended.imagesPerSecond).toBeGreaterThan(0);
    expect([1, 2]).toContain(ended.bestEpoch);
  });

  it('leaves a good checkpoint where it is when it cannot be read for another reason than damage', async () => {
    const folder = copyOf(state.midEpoch);
    const tensors = inCheckpoints(folder, 'last', 'tensors.bin');
    renameSync(tensors, `${tensors}.kept`);
    // Reading through a link to itself fails, for any user, with neither damage nor absence.
    symlinkSync(tensors, tensors);
    await expect(sit(folder)).rejects.toThrow('ELOOP');
    rmSync(tensors);
    renameSync(`${tensors}.kept`, tensors);
    expect((await sit(folder)).ended.weightsSha256).toBe(sha256);
  });
});

describe('the end of a run', () => {
  const spoilt: RecipeInput = {
    // Each step multiplies every kernel by -9 until it is infinite.
    optimizer: { id: 'sgd', learningRate: 10, momentum: 0, weightDecay: 1 },
    schedule: { id: 'constant', warmupEpochs: 0 },
    epochs: 20,
    earlyStopping: { patience: 0 },
  };

  it('at numbers that are not finite is a completed run with the model of its best epoch, and a note', async () => {
    // The rate rises slowly enough for the first epochs to be whole.
    const folder = writeTinyRun({ ...spoilt, schedule: { id: 'constant', warmupEpochs: 8 } });
    const { events, ended } = await sit(folder);
    expect(ended).toMatchObject({ stoppedBecause: 'nonFiniteLoss', error: null });
    expect(epochsOf(events)).toContain(ended.bestEpoch);
    expect(notes(events)).toContain(`its model holds the weights of epoch ${ended.bestEpoch}.`);
    expect(notes(events)).toMatch(/epoch \d+, step [1-6], at learning rate [\d.]+.*image-\d+, image-\d+/);
    expect(notes(events)).toContain('optimizer.learningRate=1.');
    const { model, weights } = await readModelFolder(path.join(folder, 'model'));
    expect(model.weightsSha256).toBe(ended.weightsSha256);
    for (const values of weights.values()) expect(values.every(Number.isFinite)).toBe(true);
    expect(existsSync(path.join(folder, 'predictions/val.json'))).toBe(true);
    expect(existsSync(inCheckpoints(folder))).toBe(false);
  });

  it('at such numbers before any epoch is an error, without a model and without checkpoints', async () => {
    const folder = writeTinyRun({ ...spoilt, batchSize: 1, checkpoint: { everySeconds: 0 } });
    const { ended } = await sit(folder);
    expect(ended).toMatchObject({
      stoppedBecause: 'nonFiniteLoss',
      bestEpoch: null,
      weightsSha256: null,
      error: { code: 'nonFiniteLoss' },
    });
    expect(ended.error!.message).toMatch(/epoch 1, step \d+, at learning rate 10\.0/);
    expect(existsSync(path.join(folder, 'model'))).toBe(false);
    expect(existsSync(inCheckpoints(folder))).toBe(false);
  });

  it('names no best epoch when the last weights are kept, and still marks the best ones on the way', async () => {
    const folder = writeTinyRun({ earlyStopping: { restoreBest: false }, epochs: 2 });
    const { events, ended } = await sit(folder);
    expect(ended).toMatchObject({ bestEpoch: null, error: null });
    expect(events.some((event) => event.type === 'epochEnded' && event.best)).toBe(true);
  });

  it('on a log that cannot be written is an error with a sentence, not a fault of the program', async () => {
    const folder = writeTinyRun({ epochs: 1 });
    mkdirSync(path.join(folder, 'events.jsonl'));
    const { ended } = await sit(folder);
    expect(ended).toMatchObject({ stoppedBecause: 'failed', error: { code: 'usage' } });
    expect(ended.error!.message).toContain('events.jsonl');
    rmSync(path.join(folder, 'events.jsonl'), { recursive: true });
    expect((await sit(folder)).ended).toMatchObject({ stoppedBecause: 'completed', error: null });
  });
});

describe('a recipe', () => {
  it('with balanced class weights trains other weights on unbalanced rows', async () => {
    const unbalanced = async (classWeights: 'none' | 'balanced'): Promise<string | null> => {
      const folder = writeTinyRun({ classWeights, epochs: 1 });
      const file = path.join(folder, 'manifest.json');
      const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
      manifest.rows.train = manifest.rows.train.filter(({ label }, i) => label === 0 || i % 8 === 1);
      writeFileSync(file, JSON.stringify(manifest));
      return (await sit(folder)).ended.weightsSha256;
    };
    const [none, balanced] = [await unbalanced('none'), await unbalanced('balanced')];
    expect(none).toMatch(/^[0-9a-f]{64}$/);
    expect(balanced).not.toBe(none);
  });
});
