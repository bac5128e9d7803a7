import type { IncomingMessage, ServerResponse } from 'node:http';

import { isRecord } from '../contract/is-record.ts';
import { commonHeaders, endedCookie, sessionCookie, type Policy } from './policy.ts';
import { refuse } from './refuse.ts';
import type { ProfileKeeper, Session, Sessions } from './sessions.ts';
import type { Throttle } from './throttle.ts';

/** What signing in and out works with. */
export interface SignIn {
  policy: Policy;
  profiles: ProfileKeeper;
  sessions: Sessions;
  throttle: Throttle;
}

const longestBody = 4096;
const longestText = 200;
/** Whoever is not signed in yet does not hold a connection open for longer. */
const bodyTimeoutMs = 10_000;

/** A request's JSON; null for what is none, is too long or takes too long. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const timer = setTimeout(() => request.destroy(), bodyTimeoutMs);
  try {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) {
      body += String(chunk);
      if (body.length > longestBody) return null;
    }
    return JSON.parse(body) as unknown;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

function credentials(given: unknown): { name: string; secret: string } | null {
  if (!isRecord(given)) return null;
  const { name, secret } = given;
  if (typeof name !== 'string' || typeof secret !== 'string') return null;
  if (name.length > longestText || secret.length > longestText) return null;
  return { name: name.trim(), secret };
}

/** Takes `{ name, secret }` and answers with the cookie of a new session. */
export async function answerSignIn(
  request: IncomingMessage,
  response: ServerResponse,
  { policy, profiles, sessions, throttle }: SignIn,
): Promise<void> {
  const given = credentials(await readJson(request));
  if (given === null) return refuse(response, 400, 'Send a name and a secret.');
  const nameKey = `name ${given.name.toLowerCase()}`;
  const addressKey = `address ${request.socket.remoteAddress ?? ''}`;
  const waitMs = throttle.take([nameKey, addressKey]);
  if (waitMs > 0) {
    const seconds = Math.ceil(waitMs / 1000);
    return refuse(response, 429, `That was tried too often: try again in ${seconds} s.`, {
      'Retry-After': String(seconds),
    });
  }
  const person = await profiles.verify(given.name, given.secret);
  if (person === null) return refuse(response, 401, 'The name or the secret is not right.');
  throttle.forget(nameKey);
  throttle.forget(addressKey);
  const cookie = sessionCookie(policy, sessions.start(person));
  response.writeHead(204, { ...commonHeaders, 'Set-Cookie': cookie }).end();
}

/** Ends the caller's session with all that is open in it. */
export function answerSignOut(
  response: ServerResponse,
  { policy, sessions }: SignIn,
  session: Session | null,
): void {
  if (session === null)
    return refuse(response, 400, 'Nobody is signed in here: this is the address with the token.');
  sessions.end(session);
  response.writeHead(204, { ...commonHeaders, 'Set-Cookie': endedCookie(policy) }).end();
}
