import { ReadroomError } from '../contract/errors.ts';

/** What is said when nobody answered: Chromium, Firefox, Safari, and the loading of a screen. */
const unreachable = /^(failed to fetch|networkerror|load failed|unable to preload)/i;

/** A socket that was closed tells a number from here on; a process that died tells its exit status. */
const leastCloseCode = 1000;

function isUnanswered(error: unknown): boolean {
  if (error instanceof ReadroomError)
    return error.code === 'workerDied' && Number(error.data['code']) >= leastCloseCode;
  return error instanceof Error && unreachable.test(error.message);
}

/** Any failure in words, with what to do. */
export function shownError(error: unknown): ReadroomError {
  if (isUnanswered(error))
    return new ReadroomError(
      'workerDied',
      'Readroom does not answer, so this could not be done.',
      'See whether it still runs, and start it again if not. Then try once more.',
    );
  if (error instanceof ReadroomError) return error;
  return new ReadroomError(
    'internal',
    error instanceof Error ? error.message : String(error),
    'This is a fault in Readroom. Copy it and report it.',
  );
}
