/** Where a part of a job began: a part counts to a total of its own. */
export interface JobPart {
  readonly atMs: number;
  readonly done: number;
  readonly total: number | null;
}

/** Before so much is done the pace says little. */
const telling = 0.02;
const tellingMs = 1500;

/**
 * Seconds that the part of a job under way still takes at its pace.
 *
 * @param done so far, in the part's own count
 * @param before what was told last of this part, which stands while the pace says little; null when nothing was
 * @returns null before the pace tells, and once all is counted: what comes after it counts anew
 */
export function secondsLeftOf(
  part: JobPart,
  done: number,
  nowMs: number,
  before: number | null,
): number | null {
  const { total } = part;
  if (total === null || done >= total) return null;
  const elapsedMs = nowMs - part.atMs;
  if ((done - part.done) / total < telling || elapsedMs < tellingMs) return before;
  return (elapsedMs / 1000 / (done - part.done)) * (total - done);
}
