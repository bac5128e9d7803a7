import type { Recipe } from '../contract/recipe.ts';
import type { RunResult } from '../contract/run.ts';

const monitorWords: Readonly<Record<Recipe['earlyStopping']['monitor'], string>> = {
  valLoss: 'validation loss',
  valAccuracy: 'validation accuracy',
  valBalancedAccuracy: 'balanced validation accuracy',
  valAuc: 'validation AUC',
  valF1: 'validation macro F1',
  valMae: 'mean absolute validation error',
  valDice: 'pooled validation Dice',
};

/** One sentence on why training ended. */
export function stopSentence(run: RunResult): string {
  const { stoppedBecause, bestEpoch, epochs, recipe } = run;
  const kept =
    bestEpoch === null ? 'the last weights were kept' : `the weights of epoch ${bestEpoch} were kept`;
  const monitor = monitorWords[recipe.earlyStopping.monitor];
  switch (stoppedBecause) {
    case 'completed':
      return `All ${epochs} epochs were trained; ${kept}.`;
    case 'earlyStopping':
      return `Stopped after epoch ${epochs}: ${monitor} had not improved for ${recipe.earlyStopping.patience} epochs; ${kept}.`;
    case 'nonFiniteLoss':
      return `Stopped in epoch ${epochs}: the loss was not finite; the last good checkpoint was kept.`;
    case 'cancelled':
      return `Stopped by a person after ${epochs} epochs; ${kept}.`;
    default:
      return `Ended after ${epochs} epochs without a recorded reason; ${kept}.`;
  }
}
