import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { pageFile } from '../host/page-files.ts';
import { inertPolicy, pagePolicy } from '../host/page-policy.ts';
import { isOwnUrl, mayRequest } from './policy.ts';

/** Answers everything under `app://readroom/`: the built screens from their folder, pictures from the engine. */
export function createPageHandler(
  pagesFolder: string,
  media: (request: Request) => Promise<Response>,
): (request: Request & { initiatorOrigin?: string | null }) => Promise<Response> {
  return async (request) => {
    if (!isOwnUrl(request.url)) return refuse(404, 'There is nothing here.');
    if (!mayRequest(request.initiatorOrigin)) return refuse(403, 'Only the screens may ask for this.');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refuse(405, 'This can only be read; files are handed over by their paths.');
    const { pathname, search } = new URL(request.url);
    if (pathname.startsWith('/media/')) return answerMedia(request, pathname + search, media);
    const file = pageFile(pathname);
    if (file === null) return refuse(404, 'There is nothing here.');
    try {
      const content = await readFile(path.join(pagesFolder, file.name));
      const caching = file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-store';
      return new Response(content, {
        headers: answerHeaders(file.contentType, pagePolicy, { 'Cache-Control': caching }),
      });
    } catch {
      return refuse(404, 'There is nothing here.');
    }
  };
}

async function answerMedia(
  request: Request,
  target: string,
  media: (request: Request) => Promise<Response>,
): Promise<Response> {
  const { method, headers, signal } = request;
  try {
    const answer = await media(new Request(`http://readroom${target}`, { method, headers, signal }));
    const all = new Headers(answer.headers);
    all.set('X-Content-Type-Options', 'nosniff');
    // The engine's own policy, where it has one, is that of a report; all else is no page.
    if (!all.has('Content-Security-Policy')) all.set('Content-Security-Policy', inertPolicy);
    if (all.has('ETag') && !all.has('Cache-Control')) all.set('Cache-Control', 'private, no-cache');
    return new Response(answer.body, { status: answer.status, headers: all });
  } catch (error) {
    // The window scrolled on, or the engine ended in the middle; the page asks again when it is back.
    return refuse(503, error instanceof Error ? error.message : 'The engine does not answer.');
  }
}

function refuse(status: number, sentence: string): Response {
  return new Response(`${sentence}\n`, {
    status,
    headers: answerHeaders('text/plain; charset=utf-8', inertPolicy, { 'Cache-Control': 'no-store' }),
  });
}

function answerHeaders(
  contentType: string,
  policy: string,
  more: Record<string, string>,
): Record<string, string> {
  return {
    'Content-Type': contentType,
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    ...more,
  };
}
