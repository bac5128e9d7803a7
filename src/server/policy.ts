import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Who may talk to the server host, as pure functions. The missing Host and Origin checks on loopback
 * are the fault behind several advisories of 2025 and 2026: a page in the user's browser can reach
 * every port of this machine, and DNS rebinding makes it look like one of ours.
 */

export interface Policy {
  scheme: 'http' | 'https';
  port: number;
  /** Host names under which this server may be addressed, lower case, IPv6 in brackets. */
  hostNames: readonly string[];
  token: string;
  /** Value of the cookie that stands for the token once it was shown. */
  session: string;
}

/** The parts of a request that decide. Header values as received. */
export interface Incoming {
  method: string;
  /** Path and query exactly as on the request line. */
  target: string;
  host: string | undefined;
  origin: string | undefined;
  secFetchSite: string | undefined;
  secFetchMode: string | undefined;
  contentType: string | undefined;
  cookie: string | undefined;
  authorization: string | undefined;
  isUpgrade: boolean;
}

/**
 * `login`: the token was in the address; answer with the cookie and an address without it. `allowed` to whoever holds
 * the token, to a `person` who signed in, or to `anybody` where signing in is what is asked for.
 */
export type Verdict =
  | { kind: 'allowed'; path: string; to: 'machine' | 'person' | 'anybody' }
  | { kind: 'login'; path: string; fromOtherSite: boolean }
  | { kind: 'refused'; status: number; sentence: string };

const refused = (status: number, sentence: string): Verdict => ({ kind: 'refused', status, sentence });

/** Compares without telling by its duration where two texts differ. */
export function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** Two servers on one machine share a cookie jar: browsers ignore the port there. */
export function cookieName(port: number): string {
  return `readroom-${port}`;
}

/** @param session of a person who signed in; without, of the token */
export function sessionCookie(policy: Policy, session = policy.session): string {
  const secure = policy.scheme === 'https' ? '; Secure' : '';
  return `${cookieName(policy.port)}=${session}; Path=/; HttpOnly; SameSite=Strict${secure}`;
}

/** Takes the cookie away again. */
export const endedCookie = (policy: Policy): string => `${sessionCookie(policy, '')}; Max-Age=0`;

/** Where people sign in and out, by POST. */
export const signInPath = '/sign-in';
export const signOutPath = '/sign-out';

/** Value of a cookie; null for none. */
export function cookieValue(header: string | undefined, name: string): string | null {
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return null;
}

/** Name and port as in a Host header, where the scheme's own port may be left out. */
function isOwnAddress(address: string, policy: Policy): boolean {
  const lower = address.toLowerCase();
  const isDefaultPort = policy.port === (policy.scheme === 'https' ? 443 : 80);
  return policy.hostNames.some(
    (name) => lower === `${name}:${policy.port}` || (isDefaultPort && lower === name),
  );
}

function isOwnHost(header: string | undefined, policy: Policy): boolean {
  return header !== undefined && isOwnAddress(header, policy);
}

function isOwnOrigin(origin: string, policy: Policy): boolean {
  const prefix = `${policy.scheme}://`;
  return origin.startsWith(prefix) && isOwnAddress(origin.slice(prefix.length), policy);
}

const longestPath = 8000;

/** A path that names one thing in one way: no dots, back-slashes or control characters at any level of encoding. */
export function isPlainPath(path: string): boolean {
  if (!path.startsWith('/') || path.startsWith('//') || path.length > longestPath) return false;
  return path.split('/').every(isPlainSegment);
}

function isPlainSegment(segment: string): boolean {
  let decoded = segment;
  for (let level = 0; level < 3; level += 1) {
    if (/[\\]|\p{Cc}/u.test(decoded)) return false;
    if (decoded.split('/').some((part) => part === '..' || part === '.')) return false;
    try {
      decoded = decodeURIComponent(decoded);
    } catch {
      // A name may hold a percent sign, and then is no encoding of another one; the address itself must be one.
      return level > 0;
    }
  }
  return true;
}

const uploadPath = /^\/media\/[0-9a-f-]{36}\/incoming\/[0-9a-f-]{36}(\/.+)?$/;

/** The only writes over HTTP: a file to be imported is sent, or what was sent is thrown away. */
export function isUpload(method: string, path: string): boolean {
  const match = uploadPath.exec(path);
  if (!match) return false;
  return method === (match[1] === undefined ? 'DELETE' : 'PUT');
}

function bearer(authorization: string | undefined): string | null {
  return /^Bearer ([\w-]{1,200})$/.exec(authorization ?? '')?.[1] ?? null;
}

const readMethods = new Set(['GET', 'HEAD']);

/**
 * Decides on one request. The order is part of the policy: Host, Origin, path, token, then the rest.
 * @param isPerson whether its cookie is that of a person who signed in
 */
export function judge(request: Incoming, policy: Policy, isPerson = false): Verdict {
  if (!isOwnHost(request.host, policy)) {
    return refused(421, 'This address is not one of this server: use the one it printed.');
  }
  if (request.origin !== undefined && !isOwnOrigin(request.origin, policy)) {
    return refused(403, 'Pages of other sites may not talk to Readroom.');
  }
  const fromOtherSite = request.secFetchSite === 'cross-site' || request.secFetchSite === 'same-site';
  if (fromOtherSite && (request.secFetchMode !== 'navigate' || !readMethods.has(request.method))) {
    return refused(403, 'Pages of other sites may not talk to Readroom.');
  }
  const [path = '', query = ''] = request.target.split('?', 2);
  if (!isPlainPath(path)) return refused(400, 'The path is not valid.');

  const asked = new URLSearchParams(query).get('token');
  const header = bearer(request.authorization);
  const hasToken = [asked, header].some((given) => given !== null && sameSecret(given, policy.token));
  const cookie = cookieValue(request.cookie, cookieName(policy.port));
  const hasCookie = cookie !== null && sameSecret(cookie, policy.session);
  const isPost = request.method === 'POST' && !request.isUpgrade;
  const isSignIn = isPost && path === signInPath;
  const isMachine = hasToken || hasCookie;
  if (!isMachine && !isPerson && !isSignIn) {
    return refused(401, 'Open the address that the server printed: it holds the token.');
  }
  const allowed = { kind: 'allowed', path, to: whoIs(isMachine, isPerson) } as const;
  if (request.isUpgrade) {
    // Browsers always send Origin here; without it the cookie alone says nothing about who is asking.
    if (request.origin === undefined && !hasToken)
      return refused(403, 'The connection needs its origin or the token.');
    return allowed;
  }
  if (isUpload(request.method, path)) {
    if (request.origin === undefined && !hasToken)
      return refused(403, 'Sending files needs the origin or the token.');
    if (request.contentType?.toLowerCase() !== 'application/octet-stream')
      return refused(415, 'Files are taken as application/octet-stream only.');
  } else if (
    !readMethods.has(request.method) &&
    !/^application\/json\s*(;|$)/i.test(request.contentType ?? '')
  ) {
    return refused(415, 'Only JSON is taken.');
  }
  if ((isSignIn || (isPost && path === signOutPath)) && request.origin === undefined)
    return refused(403, 'Signing in or out needs the origin.');
  if (asked !== null && hasToken && readMethods.has(request.method))
    return { kind: 'login', path, fromOtherSite };
  return allowed;
}

function whoIs(isMachine: boolean, isPerson: boolean): 'machine' | 'person' | 'anybody' {
  if (isMachine) return 'machine';
  return isPerson ? 'person' : 'anybody';
}

/** Headers of every answer, refusals included. */
export const commonHeaders: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=()',
  'Cache-Control': 'no-store',
};
