import type { EpochRecord, SecondsRange } from '../contract/events.ts';

/** What of a training the time that is left depends on. */
export interface PacePlan {
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly trainRows: number;
  readonly valRows: number;
}

/** Follows a training's steps and says how long the rest of it takes. */
export interface TrainingPace {
  /** @param seconds of the step that was made last */
  stepEnded(seconds: number): void;
  /**
   * Seconds to the last planned epoch's end, from and to; early stopping may end it sooner.
   *
   * @param steps made so far, in all sittings
   * @param history epochs that are over
   */
  secondsLeft(steps: number, history: readonly EpochRecord[]): SecondsRange;
}

/** Steps that count as recent, in so many stretches. */
const recentSteps = 240;
const stretches = 8;
const recentEpochs = 8;
/** Deviations to either side: about nine of ten values lie within. */
const deviations = 1.64;
/** What is seen for a short time may change by this share; less and less as more is seen. */
const firstDoubt = 0.3;
const surelyDoubt = 0.03;
/** A validated picture costs about a third of one that is trained on: forward, without the two passes of gradients. */
const validationShare = 1 / 3;

/**
 * Steps differ by chance, which sums even out, and in stretches, when the machine has other work, which they do
 * not: so the range rests on the means of stretches of recent steps, not on single steps. Validations are taken from
 * the records; before the first it is a guess.
 */
export function createTrainingPace({ epochs, stepsPerEpoch, trainRows, valRows }: PacePlan): TrainingPace {
  const recent: number[] = [];
  return {
    stepEnded: (seconds) => {
      recent.push(seconds);
      if (recent.length > recentSteps) recent.shift();
    },
    secondsLeft: (steps, history) => {
      const step = spreadOf(stretchMeans(recent), recent.length);
      const perRow = (step.mean * stepsPerEpoch) / trainRows;
      const validation =
        history.length > 0
          ? spreadOf(history.slice(-recentEpochs).map((record) => validationSeconds(record, trainRows)))
          : {
              mean: valRows * perRow * validationShare,
              deviation: valRows * perRow * validationShare * firstDoubt,
            };
      const stepsLeft = Math.max(0, epochs * stepsPerEpoch - steps);
      const validationsLeft = Math.max(0, epochs - history.length);
      const mean = stepsLeft * step.mean + validationsLeft * validation.mean;
      const spread = deviations * (stepsLeft * step.deviation + validationsLeft * validation.deviation);
      return { low: Math.max(0, mean - spread), high: mean + spread };
    },
  };
}

/** An epoch's seconds without those of its steps. */
function validationSeconds({ seconds, imagesPerSecond }: EpochRecord, trainRows: number): number {
  return Math.max(0, seconds - trainRows / imagesPerSecond);
}

/** Means of stretches of equal length, as many as there are values for. */
function stretchMeans(values: readonly number[]): number[] {
  const length = Math.max(1, Math.ceil(values.length / stretches));
  const means: number[] = [];
  for (let start = 0; start < values.length; start += length)
    means.push(meanOf(values.slice(start, start + length)));
  return means;
}

/** @param seen values behind the means; few of them say little of what is to come */
function spreadOf(means: readonly number[], seen = means.length): { mean: number; deviation: number } {
  const mean = meanOf(means);
  const variance = meanOf(means.map((value) => (value - mean) ** 2));
  const doubt = Math.max(surelyDoubt, firstDoubt / Math.sqrt(Math.max(1, seen)));
  return { mean, deviation: Math.max(Math.sqrt(variance), mean * doubt) };
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
