import type { IncomingMessage, ServerResponse } from 'node:http';

import { answerMedia, type MediaHandler } from './media.ts';
import { commonHeaders, isUpload } from './policy.ts';
import { readScreen } from './screens.ts';

export interface RouteContext {
  media: MediaHandler;
  /** Folder of the built screens. */
  screens: string;
  /** `scheme://host:port` as the caller addressed us. */
  origin: string;
  path: string;
}

/** @returns false where there is nothing at the path */
type Answer = (request: IncomingMessage, response: ServerResponse, context: RouteContext) => Promise<boolean>;

export interface Route {
  /** A prefix: it ends in `/*`. */
  path: string;
  methods: readonly string[];
  answer: Answer;
}

const reads = ['GET', 'HEAD'];

const answerScreen: Answer = async (request, response, { screens, path }) => {
  const file = await readScreen(screens, path);
  if (!file) return false;
  response.writeHead(file.status, {
    ...commonHeaders,
    ...file.headers,
    'Content-Length': file.body.length,
  });
  response.end(request.method === 'HEAD' ? undefined : file.body);
  return true;
};

/** Everything that HTTP reaches; `rpcPath` is the WebSocket beside it. The last one has the page's own addresses. */
export const routes: readonly Route[] = [
  {
    path: '/media/*',
    methods: [...reads, 'PUT', 'DELETE'],
    answer: async (request, response, { media, origin }) => {
      await answerMedia(media, origin + (request.url ?? '/'), request, response);
      return true;
    },
  },
  { path: '/*', methods: reads, answer: answerScreen },
];

export const rpcPath = '/rpc';

/** Never an address of the page. */
const reserved = [rpcPath, '/media', '/status'];

/** The route of a path; null where there never is anything. */
export function findRoute(path: string): Route | null {
  const route = routes.find((each) => path.startsWith(each.path.slice(0, -1))) ?? null;
  const isReserved = reserved.some((name) => path === name || path.startsWith(`${name}/`));
  return isReserved && route?.answer === answerScreen ? null : route;
}

/** Whether a route takes a method at a path. */
export function isTaken(route: Route, method: string, path: string): boolean {
  return route.methods.includes(method) && (reads.includes(method) || isUpload(method, path));
}
