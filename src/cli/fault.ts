import { ReadroomError } from '../contract/errors.ts';

/** What a fault of Readroom itself says, with its stack where there is one; null for errors that are none. */
export function faultDetail(error: unknown): string | null {
  if (error instanceof ReadroomError) return error.code === 'internal' ? error.message : null;
  if (!(error instanceof Error)) return String(error);
  return error.name === 'AbortError' ? null : (error.stack ?? error.message);
}

/** Said behind an interruption, during which something of ours broke too; empty where nothing did. */
export function meanwhile(error: unknown): string {
  const detail = faultDetail(error);
  return detail === null ? '' : ` Meanwhile something failed: ${detail}`;
}
