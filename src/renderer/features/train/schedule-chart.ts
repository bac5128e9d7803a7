import type { Recipe } from '../../../contract/recipe.ts';
import type { TrainingPlan } from '../../../contract/run.ts';
import { learningRateAt } from '../../../nn/schedules.ts';
import type { ChartRow } from './small-charts.ts';

const mostPoints = 240;
/** Before there is a split; what is drawn hardly depends on it. */
const usualStepsPerEpoch = 50;

/** The learning rate over a training to be, by the schedule that it will follow; without drops at a plateau. */
export function scheduleRows({
  recipe,
  stepsPerEpoch,
}: Pick<TrainingPlan, 'recipe' | 'stepsPerEpoch'>): ChartRow[] {
  const { learningRate } = recipe.optimizer;
  if (learningRate === null) return [];
  const resolved = { ...recipe, optimizer: { ...recipe.optimizer, learningRate } };
  const each = Math.max(1, stepsPerEpoch ?? usualStepsPerEpoch);
  const steps = recipe.epochs * each;
  const points = Math.min(steps, mostPoints);
  return Array.from({ length: points }, (_, index) => {
    const step = points === 1 ? 0 : Math.round((index * (steps - 1)) / (points - 1));
    return { at: (step + 1) / each, learningRate: learningRateAt(resolved, step, each, []) };
  });
}

/** What the drawing cannot show; empty where it shows everything. */
export function scheduleNote({ schedule, earlyStopping }: Recipe): string {
  const sentences: string[] = [];
  if (schedule.id === 'plateau')
    sentences.push(
      `It drops to ${schedule.dropFactor} × whenever ${schedule.dropEpochs === 1 ? 'an epoch' : `${schedule.dropEpochs} epochs`} brought no better watched value, which is not known beforehand.`,
    );
  if (earlyStopping.patience > 0) sentences.push('The training may stop earlier.');
  return sentences.join(' ');
}
