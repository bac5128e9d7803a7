import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { commonHeaders, inertPolicy } from './policy.ts';

/** The engine's one source of pixels, the same function in every host. */
export type MediaHandler = (request: Request) => Promise<Response>;

const passedOn = ['accept', 'range', 'if-none-match', 'if-modified-since'];
const returned = [
  'content-type',
  'content-length',
  'content-range',
  'accept-ranges',
  'etag',
  'last-modified',
];

/** Answers one request with the engine's media handler; `address` is the absolute address asked for. */
export async function answerMedia(
  media: MediaHandler,
  address: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const headers = new Headers();
  for (const name of passedOn) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  const answer = await media(
    new Request(address, { method: request.method ?? 'GET', headers, signal: gone.signal }),
  );
  response.writeHead(answer.status, {
    ...commonHeaders,
    // Kept by the one browser that holds the session, and asked for again by its etag: pictures cost most.
    ...(answer.headers.has('etag') && { 'Cache-Control': 'private, no-cache' }),
    'Content-Security-Policy': inertPolicy,
    ...Object.fromEntries(
      returned.flatMap((name) => {
        const value = answer.headers.get(name);
        return value === null ? [] : [[name, value]];
      }),
    ),
  });
  if (answer.body === null || request.method === 'HEAD') {
    await answer.body?.cancel();
    response.end();
    return;
  }
  try {
    await pipeline(Readable.fromWeb(answer.body), response);
  } catch (error) {
    // The browser scrolled on: nobody is left to answer.
    if (!gone.signal.aborted) throw error;
  }
}
