import { open, readFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';

import type { ErrorCode, ReadroomError } from '../../contract/errors.ts';

/** Larger ones are streamed. */
const smallFileBytes = 1_000_000;
const chunkBytes = 1 << 20;

/** Nothing but the report's own style and the pictures inside it. */
const reportPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

export const reportHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': reportPolicy,
};

/**
 * A file, or its first `bytes`, as an answer. System errors come as they are: the file may have gone.
 */
export async function fileAnswer(
  file: string,
  request: Request,
  headers: Record<string, string>,
  bytes?: number,
): Promise<Response> {
  const size = Math.min((await stat(file)).size, bytes ?? Infinity);
  const all = { ...headers, 'content-length': String(size) };
  if (request.method === 'HEAD') return new Response(null, { headers: all });
  if (size <= smallFileBytes) return new Response((await readFile(file)).subarray(0, size), { headers: all });
  const stream = (await open(file)).createReadStream({ highWaterMark: chunkBytes, end: size - 1 });
  return new Response(Readable.toWeb(stream) as ReadableStream, { headers: all });
}

/** 304 where the caller has it already. */
export function unchanged(request: Request, etag: string): Response | null {
  if (request.headers.get('if-none-match') !== etag) return null;
  return new Response(null, { status: 304, headers: { etag } });
}

const statusOf: Partial<Record<ErrorCode, number>> = {
  projectNotFound: 404,
  unknownImage: 404,
  unknownRun: 404,
  fileNotFound: 404,
  usage: 400,
  cancelled: 400,
  projectReadOnly: 403,
  permissionDenied: 403,
  notPermitted: 403,
  archiveTooLarge: 413,
  diskFull: 507,
};

/** An expected failure in words, its code beside it. */
export function refusal(error: ReadroomError): Response {
  const answer = plain(statusOf[error.code] ?? 422, `${error.message} ${error.hint}`.trim());
  answer.headers.set('x-readroom-code', error.code);
  return answer;
}

export function plain(status: number, text: string): Response {
  return new Response(text, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } });
}
