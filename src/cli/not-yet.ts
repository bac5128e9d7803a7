import { ReadroomError } from '../contract/errors.ts';

/** The error of what the command line promises and this version does not do yet. */
export function notImplementedYet(what: string, instead: string): ReadroomError {
  return new ReadroomError('notImplementedYet', `${what} is not implemented yet.`, instead);
}
