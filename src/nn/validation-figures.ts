import type { EpochRecord } from '../contract/events.ts';

/** What an epoch's record says of its validation. */
export type ValidationFigures = Pick<
  EpochRecord,
  'valLoss' | 'valAccuracy' | 'valBalancedAccuracy' | 'valF1' | 'valAuc' | 'valMae' | 'valDice'
>;

/** Figures of which only some are defined. */
export function validationFigures(
  valLoss: number,
  known: Partial<Omit<ValidationFigures, 'valLoss'>>,
): ValidationFigures {
  return {
    valLoss,
    valAccuracy: null,
    valBalancedAccuracy: null,
    valF1: null,
    valAuc: null,
    valMae: null,
    valDice: null,
    ...known,
  };
}
