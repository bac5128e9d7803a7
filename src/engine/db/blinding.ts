/**
 * The SQL condition that a round is still blinded: what was said in it is for its own reader only. Every query of words
 * and shapes that others see leaves these out.
 * @param round the column that holds the round
 */
export const isBlinded = (round: string): string =>
  `EXISTS (SELECT 1 FROM reading_round WHERE id = ${round} AND status = 'open')`;
