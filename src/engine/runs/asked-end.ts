import { endedByClosing } from '../jobs.ts';

/** Who may ask a training to end before its end, and has. */
export interface EndRequests {
  /** Of the job: a person stops the run, or its project closes. */
  signal: AbortSignal;
  /** Holds the run back until someone resumes it. */
  hold: AbortSignal;
}

/**
 * What becomes of a run whose training ends because it was asked to. A stop outweighs a pause; a run whose project
 * closes counts as interrupted, for nobody gave it up.
 */
export function askedEnd({ signal, hold }: EndRequests): 'stopped' | 'pause' | 'died' {
  if (endedByClosing(signal)) return 'died';
  return hold.aborted && !signal.aborted ? 'pause' : 'stopped';
}
