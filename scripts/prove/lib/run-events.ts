import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { type TrainerEvent, trainerEventSchema } from '../../../src/contract/workers.ts';

type StepEvent = Extract<TrainerEvent, { type: 'stepEnded' }>;

/** What a trainer wrote down of a run, all sittings after one another. */
export function readRunEvents(runFolder: string): TrainerEvent[] {
  const file = path.join(runFolder, 'events.jsonl');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [trainerEventSchema.parse(JSON.parse(line))];
      } catch {
        // A kill may have cut the last line.
        return [];
      }
    });
}

/** How often a trainer began to train it. */
export function sittingsOf(events: readonly TrainerEvent[]): number {
  return events.filter(({ type }) => type === 'started').length;
}

/** The step at which the last sitting began, from 0; null before the first. */
export function resumedAtStep(events: readonly TrainerEvent[]): number | null {
  const started = events.findLast((event) => event.type === 'started');
  return started?.resumedAtStep ?? null;
}

/** The last step of the last sitting that stands in the log, counted over the whole run; few are written down. */
export function lastStepOf(events: readonly TrainerEvent[]): number {
  const counted = events.map((event) => {
    if (event.type === 'stepEnded') return stepsUpTo(event);
    if (event.type === 'checkpointed') return event.step;
    return event.type === 'started' ? event.resumedAtStep : null;
  });
  return counted.findLast((step) => step !== null) ?? 0;
}

/** The notes of the last sitting and of what came before it began. */
export function notesOf(events: readonly TrainerEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'noted' ? [event.note] : []));
}

/** The step that a checkpoint on disk was written after; null for one that is torn or not there. */
export function checkpointStep(runFolder: string, name: 'last' | 'previous'): number | null {
  try {
    const header = readFileSync(path.join(runFolder, 'checkpoints', name, 'checkpoint.json'), 'utf8');
    const { progress } = JSON.parse(header.split('\n')[0]!) as { progress: { step: number } };
    return progress.step;
  } catch {
    return null;
  }
}

/** The folders of a project's runs. */
export function runFoldersOf(project: string): string[] {
  const folder = path.join(project, 'runs');
  return existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : [];
}

function stepsUpTo({ epoch, step, steps }: StepEvent): number {
  return (epoch - 1) * steps + step;
}
