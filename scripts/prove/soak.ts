import { availableParallelism } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ProofContext } from '../prove.ts';
import { writeDigits } from './lib/digits.ts';
import { writeFastRecipe } from './lib/drawn-project.ts';
import { type MemoryCourse, memoryCourse, type MemorySample } from './lib/memory-course.ts';
import { isAlive, memoryOf, trainerOf } from './lib/processes.ts';
import { inScratch, readroom } from './lib/readroom.ts';
import { lastStepOf, readRunEvents } from './lib/run-events.ts';
import { signalGroup, startTraining } from './lib/training-command.ts';

/** Shorter while something is being worked on: READROOM_SOAK_MINUTES. */
const minutes = Number(process.env['READROOM_SOAK_MINUTES'] ?? 60);
const sampleEveryMs = Math.min(5000, minutes * 500);
/** What garbage collection moves a process's memory by. */
const growthAllowedMegabytes = 24;
const endLimitMs = 60_000;

/** Long training neither piles up tensors nor memory. */
export default {
  name: 'soak',
  description: `alexnet-small trained for ${minutes} minutes without a break: no tensor is left behind, and memory stays level`,
  run: ({ tell }: ProofContext) =>
    inScratch(async (folder) => {
      // TensorFlow is loaded for this proof only.
      const { countTensors } = await import('./lib/count-tensors.ts');
      const tensors = await countTensors(availableParallelism());
      tell(`tensors: ${JSON.stringify(tensors)}`);
      const soaked = await soak(folder, tell);
      const { trainer, engine, steps, epochs, ended } = soaked;
      const level =
        tensors.tensors[0] === tensors.tensors[1] && tensors.nativeTensors[0] === tensors.nativeTensors[1];
      const flat = [trainer, engine].every(
        ({ growthMegabytes }) => growthMegabytes <= growthAllowedMegabytes,
      );
      return {
        results: { minutes, growthAllowedMegabytes, tensors, ...soaked },
        passed: level && flat && ended,
        summary: [
          `Tensors alive after ${tensors.afterSteps.join(' and after ')} steps: ${tensors.tensors.join(' and ')} in tfjs, ${tensors.nativeTensors.join(' and ')} in its binding to TensorFlow (${tensors.backend}, ${tensors.device}).`,
          '',
          `${minutes} minutes: ${steps.toLocaleString('en')} steps, ${epochs} whole epochs. ` +
            `Memory (resident) may grow by ${growthAllowedMegabytes} MB from the second quarter of the time to the last.`,
          '',
          '| process | mean of each quarter, MB | highest, MB | growth, MB | slope after the first quarter, MB/hour |',
          '|---|---|---|---|---|',
          memoryRow('trainer', trainer),
          memoryRow('engine (command line)', engine),
        ],
      };
    }),
};

async function soak(folder: string, tell: (line: string) => void) {
  const digits = path.join(folder, 'digits');
  const project = path.join(folder, 'project');
  await writeDigits(digits);
  readroom('new', project);
  readroom('import', project, path.join(digits, 'train'), '--labels', 'folder');
  readroom('split', project);
  const recipe = writeFastRecipe(folder, { epochs: 10_000, batchSize: 32, checkpoint: { everySeconds: 60 } });
  const training = await startTraining(project, ['--recipe', recipe]);
  const trainer = trainerOf(training.pid, training.runFolder);
  if (trainer === null) throw new Error('The training has no process.');
  const [ofTrainer, ofEngine]: [MemorySample[], MemorySample[]] = [[], []];
  const started = performance.now();
  for (let seconds = 0; seconds < minutes * 60; seconds = (performance.now() - started) / 1000) {
    const [bytes, engineBytes] = [memoryOf(trainer, 'VmRSS'), memoryOf(training.pid, 'VmRSS')];
    if (bytes === null || engineBytes === null)
      throw new Error(`The training ended after ${Math.round(seconds)} s.`);
    ofTrainer.push({ seconds, bytes });
    ofEngine.push({ seconds, bytes: engineBytes });
    if (ofTrainer.length % 60 === 0) tell(`${Math.round(seconds)} s: ${Math.round(bytes / 1e6)} MB`);
    await sleep(sampleEveryMs);
  }
  const events = readRunEvents(training.runFolder);
  signalGroup(training, 'SIGINT');
  const ended = await Promise.race([training.ended, sleep(endLimitMs, null)]);
  if (ended === null) signalGroup(training, 'SIGKILL');
  return {
    steps: lastStepOf(events),
    epochs: events.filter(({ type }) => type === 'epochEnded').length,
    /** By Ctrl-C, with its last checkpoint. */
    ended: ended?.status === 130 && !isAlive(trainer),
    trainer: memoryCourse(ofTrainer),
    engine: memoryCourse(ofEngine),
    everySeconds: sampleEveryMs / 1000,
    trainerMegabytes: ofTrainer.map(({ bytes }) => Math.round(bytes / 1e6)),
  };
}

function memoryRow(process: string, course: MemoryCourse): string {
  const { quartersMegabytes, highestMegabytes, growthMegabytes, slopeMegabytesPerHour } = course;
  const figures = [
    quartersMegabytes.map((value) => value.toFixed(1)).join(', '),
    highestMegabytes.toFixed(1),
    growthMegabytes.toFixed(1),
    slopeMegabytesPerHour.toFixed(1),
  ];
  return `| ${process} | ${figures.join(' | ')} |`;
}
