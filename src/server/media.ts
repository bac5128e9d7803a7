import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { CallContext } from '../contract/profile.ts';
import { inertPolicy } from '../host/page-policy.ts';
import { commonHeaders } from './policy.ts';

/** The engine's one source of pixels, the same function in every host. */
export type MediaHandler = (request: Request, caller?: CallContext) => Promise<Response>;

const passedOn = ['accept', 'range', 'if-none-match', 'if-modified-since', 'content-length', 'content-type'];
const returned = [
  'content-type',
  'content-length',
  'content-disposition',
  'content-range',
  'accept-ranges',
  'etag',
  'last-modified',
  'x-readroom-width',
  'x-readroom-height',
  'x-readroom-channels',
  'x-readroom-bits',
  'x-readroom-display',
  'x-readroom-code',
];
const withBody = new Set(['PUT', 'POST', 'PATCH']);

/** Where the engine says nothing: for how long an answer is true, and what it may do were it opened as a page. */
function ownHeaders({ headers }: Response): Record<string, string> {
  // Kept by the one browser that holds the session, and asked for again by its etag: pictures cost most.
  const kept = headers.get('cache-control') ?? (headers.has('etag') ? 'private, no-cache' : null);
  return {
    ...(kept !== null && { 'Cache-Control': kept }),
    'Content-Security-Policy': headers.get('content-security-policy') ?? inertPolicy,
  };
}

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
  const method = request.method ?? 'GET';
  const sent: RequestInit = { method, headers, signal: gone.signal };
  if (withBody.has(method)) Object.assign(sent, { body: Readable.toWeb(request), duplex: 'half' });
  const answer = await media(new Request(address, sent));
  response.writeHead(answer.status, {
    ...commonHeaders,
    ...ownHeaders(answer),
    // What a refused caller still wants to send is not read.
    ...(withBody.has(method) && !answer.ok && { Connection: 'close' }),
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
