import { X509Certificate, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';

import { type WebSocket, WebSocketServer } from 'ws';

import { ReadroomError } from '../contract/errors.ts';
import type { Contract } from '../contract/index.ts';
import type { CallContext } from '../contract/profile.ts';
import { maxRequestBytes, type HostRouter } from '../rpc/channel.ts';
import type { OnBug } from '../rpc/errors.ts';
import { serve as serveSocket } from '../rpc/websocket.ts';
import type { MediaHandler } from './media.ts';
import {
  commonHeaders,
  cookieName,
  cookieValue,
  judge,
  sessionCookie,
  type Incoming,
  type Policy,
} from './policy.ts';
import { refuse } from './refuse.ts';
import { findRoute, isTaken, rpcPath, type RouteContext } from './routes.ts';
import { builtScreens } from './screens.ts';
import { createSessions, type ProfileKeeper, type Session } from './sessions.ts';
import { signInPage, signInPolicy } from './sign-in-page.ts';
import type { SignIn } from './sign-in.ts';
import { createThrottle } from './throttle.ts';

export interface ServerOptions {
  router: HostRouter<Contract>;
  media: MediaHandler;
  /** Who can sign in beside the holder of the token; without, nobody. */
  profiles?: ProfileKeeper;
  /** Folder of the built screens; without, where set-up puts them. */
  screens?: string;
  /** 0 takes a free one. */
  port: number;
  /** Reachable from other machines, encrypted: PEM texts. Without it only this machine can connect. */
  remote?: { cert: string; key: string };
  /** Default: 24 random bytes. */
  token?: string;
  onBug?: OnBug;
}

export interface RunningServer {
  /** With the token: whoever has this may do everything. */
  url: string;
  port: number;
  close(): Promise<void>;
}

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];
const secretBytes = 24;
/** How long the connections of a person outlast their profile. */
const sweepMs = 1000;
const noProfiles: ProfileKeeper = {
  verify: () => Promise.resolve(null),
  credentialOf: () => Promise.resolve(null),
};

function newSecret(): string {
  return randomBytes(secretBytes).toString('base64url');
}

/**
 * The names that a certificate vouches for, this machine's own where a wildcard covers it; browsers refuse the
 * others anyway. @throws ReadroomError `usage` when there is none: whatever address was printed would be refused
 */
function certifiedNames(cert: string): string[] {
  const certificate = new X509Certificate(cert);
  const listed = namesIn(certificate.subjectAltName ?? '');
  const own = hostname().toLowerCase();
  const names = certificate.checkHost(own) === undefined ? listed : [...new Set([...listed, own])];
  if (names.length > 0) return names;
  throw new ReadroomError(
    'usage',
    `The certificate names no host under which this machine could be reached (${certificate.subjectAltName ?? 'it has no subject alternative name'}).`,
    "Use one whose subject alternative names hold this machine's name or address.",
  );
}

function namesIn(subjectAltName: string): string[] {
  return [...subjectAltName.matchAll(/(?:DNS|IP Address):([^\s,"]+)/g)]
    .map((match) => (match[1] ?? '').toLowerCase())
    .filter((name) => name !== '' && !name.startsWith('*'))
    .map((name) => (name.includes(':') ? `[${name}]` : name));
}

function incoming(request: IncomingMessage, isUpgrade: boolean): Incoming {
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    host: header('host'),
    origin: header('origin'),
    secFetchSite: header('sec-fetch-site'),
    secFetchMode: header('sec-fetch-mode'),
    contentType: header('content-type'),
    cookie: header('cookie'),
    authorization: header('authorization'),
    isUpgrade,
  };
}

/** Whether a person looks at the answer. */
function isNavigation({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers['sec-fetch-mode'] === 'navigate';
}

function askForToken(request: IncomingMessage, response: ServerResponse, { scheme }: Policy): void {
  response.writeHead(401, {
    ...commonHeaders,
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': signInPolicy,
    Connection: 'close',
  });
  // The host was judged to be one of ours before the token was looked for.
  response.end(signInPage(`${scheme}://${request.headers.host ?? ''}`));
}

function refuseUpgrade(socket: Duplex, status: number, sentence: string): void {
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `X-Content-Type-Options: nosniff\r\nContent-Length: ${Buffer.byteLength(sentence) + 1}\r\n\r\n${sentence}\n`,
  );
}

async function answerHttp(
  request: IncomingMessage,
  response: ServerResponse,
  context: Omit<RouteContext, 'origin' | 'path' | 'session'>,
): Promise<void> {
  const { policy } = context.signIn;
  const session = await sessionOf(request, context.signIn);
  const verdict = judge(incoming(request, false), policy, session !== null);
  if (verdict.kind === 'refused') {
    if (verdict.status === 401 && isNavigation(request)) return askForToken(request, response, policy);
    return refuse(response, verdict.status, verdict.sentence);
  }
  const route = findRoute(verdict.path);
  if (route === null) return refuse(response, 404, 'There is nothing here.');
  if (!isTaken(route, request.method ?? '', verdict.path)) {
    return refuse(response, 405, 'This can only be read.');
  }
  if (verdict.kind === 'login') {
    const headers = { ...commonHeaders, 'Set-Cookie': sessionCookie(policy) };
    // After a link on another site's page a strict cookie is held back from the redirect, not from a refresh.
    if (verdict.fromOtherSite)
      response.writeHead(200, { ...headers, Refresh: `0; url=${verdict.path}` }).end();
    else response.writeHead(303, { ...headers, Location: verdict.path }).end();
    return;
  }
  const origin = `${policy.scheme}://${request.headers.host ?? ''}`;
  const answered = await route.answer(request, response, {
    ...context,
    origin,
    path: verdict.path,
    // Whoever holds the token may do everything, whichever cookie they have beside it.
    session: verdict.to === 'person' ? session : null,
  });
  if (!answered) refuse(response, 404, 'There is nothing here.');
}

/** The session whose cookie a request shows. */
function sessionOf({ headers }: IncomingMessage, { policy, sessions }: SignIn): Promise<Session | null> {
  return sessions.find(cookieValue(headers.cookie, cookieName(policy.port)));
}

/** Starts the server host. Rejects with `portInUse` or `permissionDenied` where it cannot listen. */
export async function createServer(options: ServerOptions): Promise<RunningServer> {
  const { router, media, remote, screens = builtScreens, profiles = noProfiles } = options;
  let closing = false;
  const report: OnBug = options.onBug ?? ((error) => console.error(error));
  // What breaks while connections are being closed broke because of that.
  const onBug: OnBug = (error) => {
    if (!closing) report(error);
  };
  const http = remote === undefined ? createHttpServer() : encrypted(remote);
  const names = remote === undefined ? [] : certifiedNames(remote.cert);
  // A large file takes its time to arrive.
  http.requestTimeout = 0;

  await listen(http, options.port, remote === undefined ? '127.0.0.1' : '::');
  const { port } = http.address() as AddressInfo;
  const policy: Policy = {
    scheme: remote === undefined ? 'http' : 'https',
    port,
    hostNames: [...names, ...loopbackNames],
    token: options.token ?? newSecret(),
    session: newSecret(),
  };
  const sessions = createSessions(profiles);
  const signIn: SignIn = { policy, profiles, sessions, throttle: createThrottle() };
  const sweeping = setInterval(() => void sessions.sweep().catch(onBug), sweepMs);

  http.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answerHttp(request, response, { media, screens, signIn }).catch((error: unknown) => {
      if (error instanceof ReadroomError) {
        if (!response.headersSent) return refuse(response, 500, error.message);
      } else onBug(error);
      if (response.headersSent) response.destroy();
      else refuse(response, 500, 'Something failed inside Readroom.');
    });
  });

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxRequestBytes,
    perMessageDeflate: false,
  });
  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const session = await sessionOf(request, signIn);
    const verdict = judge(incoming(request, true), policy, session !== null);
    if (verdict.kind === 'refused') return refuseUpgrade(socket, verdict.status, verdict.sentence);
    if (verdict.path !== rpcPath) return refuseUpgrade(socket, 404, 'There is nothing here.');
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      // A frame that breaks the protocol closes the socket; the close is all that anyone needs to know.
      accepted.on('error', () => accepted.terminate());
      if (verdict.kind === 'allowed' && verdict.to === 'person' && session !== null)
        serveSocket<Contract>(router, accepted, { onBug, context: hold(session, accepted) });
      else serveSocket<Contract>(router, accepted, { onBug });
    });
  }
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    upgrade(request, socket, head).catch((error: unknown) => {
      onBug(error);
      socket.destroy();
    });
  });

  const host = names[0] ?? '127.0.0.1';
  return {
    url: `${policy.scheme}://${host}:${port}/?token=${policy.token}`,
    port,
    async close() {
      closing = true;
      clearInterval(sweeping);
      for (const socket of sockets.clients) socket.terminate();
      const closed = once(http, 'close');
      http.close();
      http.closeAllConnections();
      await closed;
    },
  };
}

/** Ends a connection with its session, which lasts as long as the connection is used. */
function hold(session: Session, socket: WebSocket): CallContext {
  session.sockets.add(socket);
  socket.on('close', () => session.sockets.delete(socket));
  socket.on('message', () => (session.usedAt = Date.now()));
  return { identity: { name: session.name } };
}

function encrypted(remote: { cert: string; key: string }): ReturnType<typeof createHttpServer> {
  try {
    return createHttpsServer(remote);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new ReadroomError(
      'usage',
      `The certificate and key cannot be used: ${detail}.`,
      'Both are PEM files, and the key is the one of the certificate.',
    );
  }
}

async function listen(
  http: ReturnType<typeof createHttpServer>,
  port: number,
  address: string,
): Promise<void> {
  http.listen(port, address);
  try {
    await once(http, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EADDRINUSE') {
      throw new ReadroomError(
        'portInUse',
        `Port ${port} is in use.`,
        'Choose another one with --port, or leave it out.',
      );
    }
    if (code === 'EACCES') {
      throw new ReadroomError(
        'permissionDenied',
        `Port ${port} may not be used.`,
        'Choose one above 1023 with --port.',
      );
    }
    throw error;
  }
}
