/** Unblinded single reading; blinded rounds count from 1. */
export const openRound = 0;
