import { ReadroomError } from '../../contract/errors.ts';

/** A weight file that cannot be read. */
export function badWeights(
  message: string,
  hint = 'Fetch or save the file again; if it stays so, take the weights in another format.',
): ReadroomError {
  return new ReadroomError('badWeights', message, hint);
}
