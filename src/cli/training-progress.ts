import { ReadroomError } from '../contract/errors.ts';
import type { Recipe } from '../contract/recipe.ts';
import type { EngineEvent, EpochRecord } from '../contract/events.ts';
import { count, duration, durationRange, share } from '../core/words.ts';
import type { JobProgress } from '../rpc/jobs.ts';
import { meanwhile } from './fault.ts';
import { plain, rate } from './format.ts';
import type { Progress } from './progress.ts';

/** What an epoch's validation says, the figures that its task has: "loss 0.4123", "accuracy 91 %". */
export function epochFigures({ valLoss, valAccuracy, valMae, valDice }: EpochRecord): string[] {
  return [
    `loss ${valLoss.toFixed(4)}`,
    ...(valAccuracy === null ? [] : [`accuracy ${share(valAccuracy)}`]),
    ...(valMae === null ? [] : [`mean absolute error ${valMae.toPrecision(3)}`]),
    ...(valDice === null ? [] : [`pooled Dice ${share(valDice)}`]),
  ];
}

function epochLine(record: EpochRecord, of: string, seen: string): string {
  return [
    `epoch ${record.epoch}${of}`,
    `loss ${record.loss.toFixed(4)}`,
    ...(record.accuracy === null ? [] : [`accuracy ${share(record.accuracy)}`]),
    ...epochFigures(record).map((figure) => `val ${figure}`),
    rate(record.imagesPerSecond, seen),
    duration(record.seconds),
  ].join(' · ');
}

/** What the network of a recipe sees one by one. */
export function seenBy({ input }: Pick<Recipe, 'input'>): string {
  return input.tiles > 1 ? 'tiles' : 'images';
}

/** Listeners that show a run: its preparation and steps as a bar, its epochs and notes as lines. */
export function showTraining(
  progress: Progress,
  epochs: number | null,
  seen = 'images',
): { onEvent(event: EngineEvent): void; onProgress(update: JobProgress): void } {
  const of = epochs === null ? '' : ` of ${epochs}`;
  let stepping = false;
  return {
    // The job's own progress tells the same as the steps do, with less detail.
    onProgress: (update) => {
      if (!stepping) progress.update(update);
    },
    onEvent: (event) => {
      if (event.type === 'run.epochEnded') progress.line(epochLine(event.record, of, seen));
      if (event.type === 'run.noted') progress.line(`! ${plain(event.note)}`);
      if (event.type !== 'run.stepEnded') return;
      stepping = true;
      const { epoch, step, steps, loss, imagesPerSecond, secondsLeft } = event;
      const share = epochs === null ? null : (epoch - 1 + step / steps) / epochs;
      const words = [
        `epoch ${epoch}${of}`,
        `step ${count(step)} of ${count(steps)}`,
        `loss ${loss.toFixed(4)}`,
        rate(imagesPerSecond, seen),
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
