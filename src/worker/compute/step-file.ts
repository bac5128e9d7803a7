import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { type StepSeries, stepSeriesSchema } from '../../contract/events.ts';
import { type GrowingSeries, growSeries, stepPoint } from '../../core/step-series.ts';
import { writeFileWhole } from '../../files/durable.ts';
import type { Follower } from './follower.ts';

const writeEveryMs = 3000;
/** As many as tell one step of a long run from the next. */
const digits = 9;

/** Keeps the steps of a run, thinned, in `steps.json`, over all its sittings. */
export function openStepFile(runFolder: string): Follower {
  const file = path.join(runFolder, 'steps.json');
  let growing: Promise<GrowingSeries> | null = null;
  let work: Promise<unknown> = Promise.resolve();
  let writtenAt = performance.now();
  let isWritten = true;

  const write = async (): Promise<void> => {
    if (growing === null) return;
    const series = (await growing).series();
    isWritten = true;
    await writeFileWhole(file, JSON.stringify(series, shortNumbers), { durable: false }).catch(
      () => undefined,
    );
  };
  return {
    add(event) {
      if (event.type !== 'stepEnded') return;
      growing ??= readSeries(file).then((begun) => growSeries(begun));
      isWritten = false;
      const isDue = performance.now() - writtenAt >= writeEveryMs;
      if (isDue) writtenAt = performance.now();
      work = work.then(async () => {
        (await growing!).add(stepPoint(event));
        if (isDue) await write();
      });
    },
    async close() {
      await work;
      if (!isWritten) await write();
    },
  };
}

/** A series that cannot be read begins anew. */
async function readSeries(file: string): Promise<StepSeries | undefined> {
  try {
    return stepSeriesSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function shortNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(digits)) : value;
}
