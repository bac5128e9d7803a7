/** Unblinded reading; blinded rounds have ids. */
export const openRound = '';
