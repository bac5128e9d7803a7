import { mapEventIterator, ORPCError } from '@orpc/client';
import { ValidationError } from '@orpc/contract';

import { isErrorCode, ReadroomError } from '../contract/errors.ts';
import { isRecord } from '../contract/is-record.ts';

/**
 * How errors cross every wire. A `ReadroomError` arrives as itself; input that the contract refuses
 * arrives as `usage`; anything else is a bug and arrives as `internal`, without its stack.
 * The library's own codes never reach a caller.
 */

/** Called with every bug that is about to be reported as `internal`; the place to log its stack. */
export type OnBug = (error: unknown) => void;

const maxIssuesNamed = 3;

function issueSentence(cause: ValidationError): string {
  const named = cause.issues.slice(0, maxIssuesNamed).map((issue) => {
    const path = (issue.path ?? [])
      .map((segment) => String(typeof segment === 'object' ? segment.key : segment))
      .join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  const more = cause.issues.length - named.length;
  return named.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** The `ReadroomError` that stands for whatever a procedure threw. */
export function asReadroomError(error: unknown, onBug?: OnBug): ReadroomError {
  if (error instanceof ReadroomError) return error;
  if (isAbort(error)) return new ReadroomError('cancelled', 'The request was cancelled.');
  if (error instanceof ORPCError) {
    const carried = fromWire(error);
    if (carried instanceof ReadroomError && carried.code !== 'internal') return carried;
  }
  onBug?.(error);
  const detail = error instanceof Error ? error.message : String(error);
  return new ReadroomError(
    'internal',
    `Something failed inside Readroom: ${detail}`,
    'This is a fault of the program, not of your data. Please report it with what you did.',
  );
}

/** What a serving side throws into the library so that `fromWire` can restore it. */
export function toWire(error: unknown, onBug?: OnBug): ORPCError<string, unknown> {
  const { code, message, hint, data } = asReadroomError(error, onBug);
  return new ORPCError(code, { status: code === 'internal' ? 500 : 400, message, data: { hint, data } });
}

/** Restores on the calling side what `toWire` sent. Errors that did not come over a wire pass unchanged. */
export function fromWire(error: unknown): unknown {
  if (!(error instanceof ORPCError)) return error;
  const carried: unknown = error.data;
  if (isErrorCode(error.code) && isRecord(carried) && typeof carried['hint'] === 'string') {
    const data = isRecord(carried['data']) ? carried['data'] : {};
    return new ReadroomError(error.code, error.message, carried['hint'], data);
  }
  if (error.code === 'BAD_REQUEST') {
    const detail = error.cause instanceof ValidationError ? issueSentence(error.cause) : error.message;
    return new ReadroomError('usage', `The request was refused: ${detail}.`, 'Check the named values.');
  }
  if (error.code === 'NOT_FOUND') {
    return new ReadroomError(
      'usage',
      'There is no such procedure.',
      'Client and engine must be of the same version.',
    );
  }
  return new ReadroomError(
    'internal',
    `Something failed inside Readroom: ${error.message}`,
    'This is a fault of the program, not of your data. Please report it with what you did.',
  );
}

function isStream(value: unknown): value is AsyncIterator<unknown, unknown, void> {
  return isRecord(value) && Symbol.asyncIterator in value && typeof value['next'] === 'function';
}

/** Runs a call and turns its error, and those of the stream it may return, with `convert`. */
export async function convertErrors(
  call: () => unknown,
  convert: (error: unknown) => unknown,
): Promise<unknown> {
  let output: unknown;
  try {
    output = await call();
  } catch (error) {
    throw convert(error);
  }
  if (!isStream(output)) return output;
  return mapEventIterator(output, { value: async (value) => value, error: async (error) => convert(error) });
}
