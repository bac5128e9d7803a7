import { ReadroomError } from '../contract/errors.ts';
import type { EngineEvent, EpochRecord } from '../contract/events.ts';
import { count, duration, durationRange, share } from '../core/words.ts';
import type { JobProgress } from '../rpc/jobs.ts';
import { meanwhile } from './fault.ts';
import { plain, rate } from './format.ts';
import type { Progress } from './progress.ts';

function epochLine(record: EpochRecord, of: string): string {
  return [
    `epoch ${record.epoch}${of}`,
    `loss ${record.loss.toFixed(4)}`,
    `accuracy ${share(record.accuracy)}`,
    `val loss ${record.valLoss.toFixed(4)}`,
    `val accuracy ${share(record.valAccuracy)}`,
    rate(record.imagesPerSecond, 'images'),
    duration(record.seconds),
  ].join(' · ');
}

/** Listeners that show a run: its preparation and steps as a bar, its epochs and notes as lines. */
export function showTraining(
  progress: Progress,
  epochs: number | null,
): { onEvent(event: EngineEvent): void; onProgress(update: JobProgress): void } {
  const of = epochs === null ? '' : ` of ${epochs}`;
  let stepping = false;
  return {
    // The job's own progress tells the same as the steps do, with less detail.
    onProgress: (update) => {
      if (!stepping) progress.update(update);
    },
    onEvent: (event) => {
      if (event.type === 'run.epochEnded') progress.line(epochLine(event.record, of));
      if (event.type === 'run.noted') progress.line(`! ${plain(event.note)}`);
      if (event.type !== 'run.stepEnded') return;
      stepping = true;
      const { epoch, step, steps, loss, imagesPerSecond, secondsLeft } = event;
      const share = epochs === null ? null : (epoch - 1 + step / steps) / epochs;
      const words = [
        `epoch ${epoch}${of}`,
        `step ${count(step)} of ${count(steps)}`,
        `loss ${loss.toFixed(4)}`,
        rate(imagesPerSecond, 'images'),
        `${durationRange(secondsLeft)} left`,
      ];
      progress.show(share, words.join(' · '));
    },
  };
}

/**
 * A training that Ctrl-C ended, and how to go on with it.
 * @param error what waiting for it threw; a fault of ours is told too
 */
export function interrupted(path: string, run: string, error: unknown = null): ReadroomError {
  return new ReadroomError(
    'interrupted',
    `The training was interrupted; its last checkpoint is kept in run ${run}.${error === null ? '' : meanwhile(error)}`,
    `Go on with: readroom train ${path} --resume ${run}`,
    { run },
  );
}
