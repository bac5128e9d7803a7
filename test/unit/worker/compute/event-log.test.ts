import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, test } from 'vitest';

import type { TrainerEvent } from '../../../../src/contract/workers.ts';
import { openEventLog } from '../../../../src/worker/compute/event-log.ts';

type StepEvent = Extract<TrainerEvent, { type: 'stepEnded' }>;
type EndedEvent = Extract<TrainerEvent, { type: 'ended' }>;

const stepEvent = (told: Partial<StepEvent> = {}): StepEvent => ({
  ...{ type: 'stepEnded', epoch: 1, step: 1, steps: 1, loss: 1, imagesPerSecond: 1 },
  ...{ secondsLeft: { low: 1, high: 2 }, learningRate: 0.1, gradientNorm: null },
  ...{ memoryBytes: 1, tensorBytes: null },
  ...told,
});

const ended: EndedEvent = {
  type: 'ended',
  stoppedBecause: 'completed',
  bestEpoch: 1,
  weightsSha256: 'a',
  seconds: 1,
  imagesPerSecond: 1,
  error: null,
};

test('events that came while the disk refused would be lost, or would fail a run that ended after it was cured', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'events-'));
  const file = path.join(folder, 'events.jsonl');
  mkdirSync(file);
  const log = openEventLog(folder, () => undefined);
  log.write({ type: 'noted', note: 'kept' });
  log.step(stepEvent());
  await expect(log.record({ ...ended, stoppedBecause: 'earlyStopping' })).rejects.toMatchObject({
    name: 'ReadroomError',
  });
  rmSync(file, { recursive: true });
  await log.record(ended);
  await log.end(ended);
  await log.close();
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const types = lines.map((line) => (JSON.parse(line) as TrainerEvent).type);
  expect(types).toEqual(['noted', 'ended', 'ended']);
  expect(lines.at(-1)).toBe(JSON.stringify(ended));
});
