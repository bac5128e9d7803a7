import type { IncomingMessage, ServerResponse } from 'node:http';

import { answerMedia, type MediaHandler } from './media.ts';
import { commonHeaders, isUpload, signInPath, signOutPath } from './policy.ts';
import { readScreen } from './screens.ts';
import type { Session } from './sessions.ts';
import { answerSignIn, answerSignOut, type SignIn } from './sign-in.ts';

export interface RouteContext {
  media: MediaHandler;
  /** Folder of the built screens. */
  screens: string;
  /** `scheme://host:port` as the caller addressed us. */
  origin: string;
  path: string;
  signIn: SignIn;
  /** Of the person who calls; null: who holds the token, or is not signed in yet. */
  session: Session | null;
}

/** @returns false where there is nothing at the path */
type Answer = (request: IncomingMessage, response: ServerResponse, context: RouteContext) => Promise<boolean>;

export interface Route {
  /** A prefix where it ends in `/*`. */
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
    answer: async (request, response, { media, origin, session }) => {
      const caller = session === null ? {} : { identity: { name: session.name } };
      await answerMedia((asked) => media(asked, caller), origin + (request.url ?? '/'), request, response);
      return true;
    },
  },
  {
    path: signInPath,
    methods: ['POST'],
    answer: async (request, response, { signIn }) => {
      await answerSignIn(request, response, signIn);
      return true;
    },
  },
  {
    path: signOutPath,
    methods: ['POST'],
    answer: (_request, response, { signIn, session }) => {
      answerSignOut(response, signIn, session);
      return Promise.resolve(true);
    },
  },
  { path: '/*', methods: reads, answer: answerScreen },
];

export const rpcPath = '/rpc';

/** Never an address of the page. */
const reserved = [rpcPath, '/media', '/status'];

/** The route of a path; null where there never is anything. */
export function findRoute(path: string): Route | null {
  const route = routes.find((each) => stands(each, path)) ?? null;
  const isReserved = reserved.some((name) => path === name || path.startsWith(`${name}/`));
  return isReserved && route?.answer === answerScreen ? null : route;
}

const stands = ({ path: pattern }: Route, path: string): boolean =>
  pattern.endsWith('/*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;

/** Whether a route takes a method at a path. */
export function isTaken(route: Route, method: string, path: string): boolean {
  return (
    route.methods.includes(method) && (method === 'POST' || reads.includes(method) || isUpload(method, path))
  );
}
