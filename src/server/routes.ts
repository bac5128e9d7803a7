import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { EngineClient } from '../rpc/jobs.ts';
import { answerMedia, type MediaHandler } from './media.ts';
import { commonHeaders, inertPolicy, pagePolicy } from './policy.ts';

export interface RouteContext {
  client: EngineClient;
  media: MediaHandler;
  /** `scheme://host:port` as the caller addressed us. */
  origin: string;
}

type Answer = (request: IncomingMessage, response: ServerResponse, context: RouteContext) => Promise<void>;

export interface Route {
  /** An exact path, or a prefix where it ends in `/*`. */
  path: string;
  answer: Answer;
}

const pageFolder = new URL('./page/', import.meta.url);

const types = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const;

function sendPageFile(name: string, type: keyof typeof types): Answer {
  return async (request, response) => {
    const body = await readFile(new URL(name, pageFolder));
    response.writeHead(200, {
      ...commonHeaders,
      'Content-Type': types[type],
      'Content-Security-Policy': pagePolicy,
      'Content-Length': body.length,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}

function sendJson(read: (client: EngineClient) => Promise<unknown>): Answer {
  return async (request, response, { client }) => {
    const body = JSON.stringify(await read(client));
    response.writeHead(200, {
      ...commonHeaders,
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Security-Policy': inertPolicy,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}

/** Everything that HTTP reaches. All of it only reads; `rpcPath` is the WebSocket beside it. */
export const routes: readonly Route[] = [
  { path: '/', answer: sendPageFile('index.html', 'html') },
  { path: '/page.css', answer: sendPageFile('page.css', 'css') },
  { path: '/page.js', answer: sendPageFile('page.js', 'js') },
  { path: '/icon.svg', answer: sendPageFile('icon.svg', 'svg') },
  { path: '/status/doctor', answer: sendJson((client) => client.system.doctor()) },
  { path: '/status/projects', answer: sendJson((client) => client.project.list()) },
  {
    path: '/media/*',
    answer: (request, response, { media, origin }) =>
      answerMedia(media, origin + (request.url ?? '/'), request, response),
  },
];

export const rpcPath = '/rpc';

export function findRoute(path: string): Route | null {
  return (
    routes.find((route) =>
      route.path.endsWith('/*') ? path.startsWith(route.path.slice(0, -1)) : path === route.path,
    ) ?? null
  );
}
