import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { stepSeriesSchema } from '../../../../src/contract/events.ts';
import type { TrainerEvent } from '../../../../src/contract/workers.ts';
import { firstFilters } from '../../../../src/nn/filter-picture.ts';
import { findNetwork } from '../../../../src/nn/models/index.ts';
import { classHead } from '../../../../src/nn/network.ts';
import { initialWeights } from '../../../../src/nn/weights.ts';
import { openEventLog } from '../../../../src/worker/compute/event-log.ts';
import { encodePng } from '../../../../src/files/encode-png.ts';
import { filterFile, writeFilters } from '../../../../src/worker/compute/filters.ts';
import { openStepFile } from '../../../../src/worker/compute/step-file.ts';
import { openEventFiles } from '../../../../src/worker/compute/tensorboard.ts';
import { decodePlainPng } from '../../../../src/worker/decode/plain-png.ts';

type Told<T extends TrainerEvent['type']> = Extract<TrainerEvent, { type: T }>;

const stepsPerEpoch = 10;
const stepEnded = (at: number, told: Partial<Told<'stepEnded'>> = {}): Told<'stepEnded'> => ({
  ...{ type: 'stepEnded', epoch: Math.ceil(at / stepsPerEpoch), step: ((at - 1) % stepsPerEpoch) + 1 },
  ...{ steps: stepsPerEpoch, loss: 1 / at, imagesPerSecond: 80, secondsLeft: { low: 1, high: 2 } },
  ...{ learningRate: 0.001, gradientNorm: null, memoryBytes: 5e8, tensorBytes: null },
  ...told,
});
const started = (resumedAtStep: number): Told<'started'> => ({
  ...{ type: 'started', backend: 'cpu', device: 'x', threads: 1, version: '1', parameters: 1 },
  ...{ resumedAtStep, stepsPerEpoch },
});
const epochEnded = (epoch: number): Told<'epochEnded'> => ({
  type: 'epochEnded',
  best: true,
  record: {
    ...{
      epoch,
      loss: 1,
      accuracy: 0.5,
      valLoss: 0.5,
      valAccuracy: 0.7,
      valBalancedAccuracy: null,
      valF1: null,
    },
    ...{ valAuc: 0.8, valMae: null, valDice: null, learningRate: 0.001, seconds: 1, imagesPerSecond: 80 },
  },
});
const network = findNetwork('alexnet-small').build({
  size: 32,
  channels: 1,
  head: classHead(2),
  scale: 0.1,
  dropout: 0,
});
const filters = firstFilters(network)!;
const kernel = initialWeights(network, 1).get(filters.name)!;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'watched-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Lengths and content of a file's records; throws where it ends inside one. */
function recordsOf(name: string): Buffer[] {
  const bytes = readFileSync(path.join(folder, 'tensorboard', name));
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 16 + Number(bytes.readBigUInt64LE(at)))
    records.push(bytes.subarray(at + 12, at + 12 + Number(bytes.readBigUInt64LE(at))));
  return records;
}
const eventFiles = (): string[] => readdirSync(path.join(folder, 'tensorboard')).sort();
/** Field 2 of each event, behind the time. */
function stepsOf(name: string): number[] {
  return recordsOf(name)
    .slice(1)
    .map((record) => {
      expect(record[9]).toBe(0x10);
      return record[10]! & 0x80 ? (record[10]! & 0x7f) + record[11]! * 128 : record[10]!;
    });
}

describe('event files for TensorBoard', () => {
  const clockOf = (seconds: () => number) => ({
    wallTime: () => 1_800_000_000 + seconds(),
    now: () => seconds() * 1000,
  });

  it('would lose what follows, or keep steps twice, when a run resumes: each sitting has a file and says its start', async () => {
    let seconds = 0;
    for (const [from, to] of [
      [0, 17],
      [10, 20],
    ] as const) {
      const files = openEventFiles(
        folder,
        clockOf(() => seconds),
      );
      files.add(started(from));
      for (let at = from + 1; at <= to; at++) {
        files.add(stepEnded(at));
        if (at % stepsPerEpoch === 0) files.add(epochEnded(at / stepsPerEpoch));
        seconds += 0.01;
      }
      await files.close();
    }
    // Both within one second: the second one must sort after the first all the same.
    expect(eventFiles()).toEqual([
      'events.out.tfevents.1800000000.readroom',
      'events.out.tfevents.1800000001.readroom',
    ]);
    expect(stepsOf(eventFiles()[0]!)).toEqual([1, 1, 10, 10]);
    expect(stepsOf(eventFiles()[1]!)).toEqual([11, 11, 20, 20]);
  });

  it('are thinned to a step a second, and keep a norm that was measured between', async () => {
    let seconds = 0;
    const files = openEventFiles(
      folder,
      clockOf(() => seconds),
    );
    files.add(started(0));
    for (let at = 1; at <= 9; at++) {
      files.add(stepEnded(at, { gradientNorm: at === 3 ? 7.5 : null }));
      seconds += 0.25;
    }
    await files.close();
    expect(stepsOf(eventFiles()[0]!)).toEqual([1, 1, 5, 9]);
    const withNorm = recordsOf(eventFiles()[0]!).map((record) => record.includes('gradient_norm'));
    expect(withNorm).toEqual([false, false, false, true, false]);
  });

  it('hold the picture of the filters at the last step of its epoch', async () => {
    const files = openEventFiles(
      folder,
      clockOf(() => 0),
    );
    files.add(started(0));
    expect(await writeFilters(folder, 2, kernel, filters)).toBe(true);
    files.add({ type: 'filtered', epoch: 2 });
    await files.close();
    expect(stepsOf(eventFiles()[0]!)).toEqual([1, 20]);
    const png = readFileSync(filterFile(folder, 2));
    expect(recordsOf(eventFiles()[0]!)[2]!.includes(png)).toBe(true);
  });

  it('go on in another file after a write that failed, and never fail the training', async () => {
    const files = openEventFiles(
      folder,
      clockOf(() => 0),
    );
    writeFileSync(path.join(folder, 'tensorboard'), 'in the way');
    files.add(started(0));
    files.add(stepEnded(10));
    await new Promise((resolve) => setImmediate(resolve));
    await files.close();
    rmSync(path.join(folder, 'tensorboard'));
    files.add(epochEnded(1));
    await files.close();
    expect(stepsOf(eventFiles()[0]!)).toEqual([10]);
  });
});

describe('pictures of the filters', () => {
  it('are PNG files that hold the pixels, grey and colour', () => {
    for (const channels of [1, 3] as const) {
      const pixels = Uint8Array.from({ length: 5 * 4 * channels }, (_, at) => (at * 37) % 256);
      const decoded = decodePlainPng(Buffer.from(encodePng({ width: 5, height: 4, channels, pixels })));
      expect(decoded).toEqual({ width: 5, height: 4, channels, bitDepth: 8, display: null, samples: pixels });
    }
  });

  it('would fill the disk over a long run: the first and the last 50 are kept', async () => {
    for (let epoch = 1; epoch <= 60; epoch++) await writeFilters(folder, epoch, kernel, filters);
    const kept = readdirSync(path.join(folder, 'filters'));
    expect(kept).toHaveLength(51);
    expect(kept.sort().slice(0, 2)).toEqual(['epoch-0001.png', 'epoch-0011.png']);
  });

  it('are left out where they cannot be written', async () => {
    writeFileSync(path.join(folder, 'filters'), 'in the way');
    expect(await writeFilters(folder, 1, kernel, filters)).toBe(false);
  });
});

describe('the file of steps', () => {
  const read = () =>
    stepSeriesSchema.parse(JSON.parse(readFileSync(path.join(folder, 'steps.json'), 'utf8')));

  it('goes on over sittings, from the checkpoint on', async () => {
    for (const [from, to] of [
      [1, 5],
      [4, 7],
    ] as const) {
      const file = openStepFile(folder);
      for (let at = from; at <= to; at++) file.add(stepEnded(at, { loss: from }));
      await file.close();
    }
    expect(read().points.map(({ at, loss }) => [at, loss])).toEqual([
      ...[0.1, 0.2, 0.3].map((at) => [at, 1]),
      ...[0.4, 0.5, 0.6, 0.7].map((at) => [at, 4]),
    ]);
  });

  it('begins anew where it was damaged', async () => {
    writeFileSync(path.join(folder, 'steps.json'), '{"stride":1,"poi');
    const file = openStepFile(folder);
    file.add(stepEnded(3));
    await file.close();
    expect(read().points).toHaveLength(1);
  });
});

it('a norm measured at a step that is not told would be lost: the next told step brings it', async () => {
  const heard: TrainerEvent[] = [];
  const log = openEventLog(folder, (event) => heard.push(event));
  log.step(stepEnded(1));
  log.step(stepEnded(2, { gradientNorm: 3 }));
  log.step(stepEnded(10));
  log.step(stepEnded(20));
  await log.close();
  const steps = heard.filter((event) => event.type === 'stepEnded');
  expect(steps.map(({ epoch, gradientNorm }) => [epoch, gradientNorm])).toEqual([
    [1, null],
    [1, 3],
    [2, null],
  ]);
});
