import type { EpochRecord } from '../contract/events.ts';
import type { ResolvedRecipe } from '../contract/recipe.ts';
import type { StopReason } from '../contract/run.ts';
import { epochOrder, readBatches, type RowSource, stepsPerEpoch } from './batches.ts';
import { faultAt, type NonFinite } from './fault.ts';
import { createKeeper, type Store } from './keeper.ts';
import { stopsEarly } from './monitor.ts';
import { countStep, epochRecord, type Progress } from './progress.ts';
import { learningRateAt } from './schedules.ts';
import type { StepResult, TrainingStep } from './step.ts';
import type { TaskRules } from './tasks/rules.ts';
import { validate } from './validation.ts';

export interface LoopOutcome {
  readonly stoppedBecause: Exclude<StopReason, 'failed'>;
  readonly nonFinite: NonFinite | null;
}

export interface LoopData {
  readonly rules: Pick<TaskRules, 'tally' | 'countsCorrect'>;
  readonly train: RowSource;
  readonly val: RowSource;
  /** Positions in `val` whose logits are told after every epoch. */
  readonly samples?: readonly number[];
}

/** A step that was made. */
export interface StepEnded {
  /** Both from 1; the step within its epoch, which has so many `steps`. */
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly learningRate: number;
  /** Of all weights together, before clipping; null where it was not measured. */
  readonly gradientNorm: number | null;
  /** That it took, with waiting for its pictures. */
  readonly seconds: number;
}

/** Everything outside that the loop needs: it has neither clock nor files. */
export interface LoopSurroundings extends Store {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Lets messages through; called after every step. */
  breathe(): Promise<void>;
  stopRequested(): boolean;
  stepEnded(event: StepEnded): void;
  epochEnded(record: EpochRecord, isBest: boolean): Promise<void>;
  /** Logits of the samples after an epoch that counts, row by row; computed anyway. */
  sampled?(epoch: number, logits: readonly Float32Array[]): void;
}

/** A gradient's length costs a pass over all weights: it is measured at an epoch's first step, and then when both have passed. */
const measureEveryMs = 1000;
const measureEverySteps = 5;

/**
 * Trains from where `progress` (which it advances) and the step's state stand, to the end of the recipe.
 *
 * A run that was interrupted at any step and resumed from its checkpoint computes what an unbroken run computes,
 * bit for bit: the order is a function of seed, epoch and labels; augmentation, dropout and bias correction are
 * functions of seed and step, the learning rate is one of step and history; and a checkpoint holds the sums of the
 * epoch under way.
 */
export async function trainLoop(
  recipe: ResolvedRecipe,
  { rules, train, val, samples = [] }: LoopData,
  step: TrainingStep,
  progress: Progress,
  around: LoopSurroundings,
): Promise<LoopOutcome> {
  const { batchSize, epochs, earlyStopping } = recipe;
  const steps = stepsPerEpoch(train.count, batchSize);
  const keeper = createKeeper(recipe, step, progress, around);
  const rateAt = (at: number): number => learningRateAt(recipe, at, steps, progress.history);
  const ended = (stoppedBecause: LoopOutcome['stoppedBecause']) => ({ stoppedBecause, nonFinite: null });
  const notFinite = (at: number, foundIn: NonFinite['foundIn'], maxGradient: number | null = null) => ({
    stoppedBecause: 'nonFiniteLoss' as const,
    nonFinite: faultAt(at, { foundIn, learningRate: rateAt(at), maxGradient }, recipe, train),
  });
  const measured = { atMs: -Infinity, atStep: -Infinity };

  while (progress.history.length < epochs) {
    if (stopsEarly(earlyStopping, progress)) return ended('earlyStopping');
    const epoch = progress.history.length;
    const start = epoch * steps;
    const order = epochOrder(recipe, epoch, train);

    for await (const batch of readBatches(train, order, batchSize, progress.step - start)) {
      const at = progress.step;
      const learningRate = rateAt(at);
      const now = around.now();
      const due = now - measured.atMs >= measureEveryMs && at - measured.atStep >= measureEverySteps;
      const measure = at === start || due;
      if (measure) Object.assign(measured, { atMs: now, atStep: at });
      const result = await step.run(batch, at, learningRate, measure);
      const spoilt = notFiniteIn(result);
      if (spoilt) return notFinite(at, spoilt, result.maxGradient ?? result.gradientNorm);

      const seconds = keeper.lap();
      countStep(progress, result, batch.rows, seconds);
      const { loss, gradientNorm } = result;
      const made = progress.step - start;
      around.stepEnded({ epoch: epoch + 1, step: made, steps, loss, learningRate, gradientNorm, seconds });
      await around.breathe();

      // The end of an epoch has a checkpoint of its own.
      if (around.stopRequested() || (made < steps && keeper.isDue())) {
        if (!(await keeper.checkpoint())) return notFinite(at, 'state');
        if (around.stopRequested()) return ended('cancelled');
      }
    }

    const last = progress.step - 1;
    const validation = await validate(step, rules, val, { batchSize, samples }, around);
    if (validation === null)
      return (await keeper.checkpoint()) ? ended('cancelled') : notFinite(last, 'state');
    const { figures } = validation;
    if (!Number.isFinite(figures.valLoss)) return notFinite(last, 'validationLoss');

    const record = epochRecord(progress, figures, {
      learningRate: rateAt(last),
      validationSeconds: keeper.lap(),
      countsCorrect: rules.countsCorrect,
    });
    const kept = await keeper.endEpoch(record);
    if (kept === null) return notFinite(last, 'state');
    await around.epochEnded(record, kept.isBest);
    around.sampled?.(record.epoch, validation.samples);
  }
  return ended('completed');
}

/** Where a step's result is not a finite number; null where it is one, as far as it was measured. */
function notFiniteIn({
  loss,
  gradientNorm,
  weightsFinite,
}: StepResult): 'loss' | 'gradient' | 'state' | null {
  if (!Number.isFinite(loss)) return 'loss';
  if (gradientNorm !== null && !Number.isFinite(gradientNorm)) return 'gradient';
  return weightsFinite ? null : 'state';
}
