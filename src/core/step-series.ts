import { mostStepPoints, type StepPoint, type StepSeries } from '../contract/events.ts';

/** A step as it is told, as a point of the run's course. */
export function stepPoint(
  step: Omit<StepPoint, 'at'> & { readonly epoch: number; readonly step: number; readonly steps: number },
): StepPoint {
  const { loss, imagesPerSecond, learningRate, gradientNorm, memoryBytes, tensorBytes } = step;
  const at = step.epoch - 1 + step.step / step.steps;
  return { at, loss, imagesPerSecond, learningRate, gradientNorm, memoryBytes, tensorBytes };
}

/** A run's steps as they come, kept evenly spaced and bounded. */
export interface GrowingSeries {
  /** A point at or before the last one cuts off what stands from there on: the run went back to a checkpoint. */
  add(point: StepPoint): void;
  /** What stands so far, the newest point always with it. */
  series(): StepSeries;
}

/**
 * Goes on with a series. Whenever `most` points stand, each two become one, and each later one stands for twice as
 * many steps: memory is bounded, and no stretch of the run is drawn finer than another.
 */
export function growSeries(
  begun: StepSeries = { stride: 1, points: [] },
  most: number = mostStepPoints,
): GrowingSeries {
  let { stride } = begun;
  let points = [...begun.points];
  let waiting: { point: StepPoint; steps: number } | null = null;

  return {
    add(point) {
      const last = waiting?.point ?? points.at(-1);
      if (last && last.at >= point.at) {
        points = points.filter(({ at }) => at < point.at);
        waiting = null;
      }
      waiting = waiting
        ? { point: joined(waiting.point, point), steps: waiting.steps + 1 }
        : { point, steps: 1 };
      if (waiting.steps < stride) return;
      points.push(waiting.point);
      waiting = null;
      if (points.length < most) return;
      points = halved(points);
      stride *= 2;
    },
    series: () => ({ stride, points: waiting ? [...points, waiting.point] : [...points] }),
  };
}

function halved(points: readonly StepPoint[]): StepPoint[] {
  const half: StepPoint[] = [];
  for (let i = 0; i < points.length; i += 2) {
    const [first, second] = [points[i]!, points[i + 1]];
    half.push(second ? joined(first, second) : first);
  }
  return half;
}

/** The later of two, for a mean would hide how much steps differ; with the norm that was measured at either. */
function joined(earlier: StepPoint, later: StepPoint): StepPoint {
  return { ...later, gradientNorm: later.gradientNorm ?? earlier.gradientNorm };
}
