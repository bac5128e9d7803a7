import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect as connectTcp } from 'node:net';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';

import { contract, type Contract } from '../../../src/contract/index.ts';
import { connect } from '../../../src/rpc/websocket.ts';
import { createServer, type RunningServer } from '../../../src/server/create-server.ts';
import { routes, rpcPath } from '../../../src/server/routes.ts';
import { createSmallEngine } from '../../support/small-engine.ts';

let server: RunningServer;
let token: string;
let cookie: string;
const mediaAsked: string[] = [];

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** `path` goes on the request line exactly as it is: fetch would tidy it up. */
async function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const request = httpRequest({
    host: '127.0.0.1',
    port: server.port,
    path,
    method: options.method ?? 'GET',
    headers: options.headers ?? {},
  });
  request.end(options.body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

beforeAll(async () => {
  server = await createServer({
    router: createSmallEngine().router,
    port: 0,
    onBug: () => undefined,
    media: (request) => {
      mediaAsked.push(new URL(request.url).pathname);
      return Promise.resolve(
        new Response('pixels', {
          headers: { 'content-type': 'image/webp', 'set-cookie': 'a=b', etag: '"1"' },
        }),
      );
    },
  });
  token = new URL(server.url).searchParams.get('token') ?? '';
  const login = await ask(`/?token=${token}`);
  cookie = (login.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
});
afterAll(() => server.close());

/** Every way in, from the server's own lists, so that a new one is tested without being named here. */
const httpPaths = routes.map((route) => route.path.replace('*', '018f2b6e'));
const everyPath = [...httpPaths, rpcPath, '/nothing'];
const procedures = Object.entries(contract).flatMap(([domain, calls]) =>
  Object.keys(calls).map((call) => `/${domain}/${call}`),
);

const own = (): Record<string, string> => ({ cookie });

const attacks: Record<
  string,
  () => { headers: Record<string, string>; method?: string; body?: string; suffix?: string }
> = {
  'a foreign Host': () => ({ headers: { ...own(), host: 'rebound.example' } }),
  'a foreign Host with our port': () => ({ headers: { ...own(), host: `rebound.example:${server.port}` } }),
  'a foreign Origin': () => ({ headers: { ...own(), origin: 'https://evil.example' } }),
  'the null Origin': () => ({ headers: { ...own(), origin: 'null' } }),
  'no token': () => ({ headers: {} }),
  'a wrong token': () => ({ headers: {}, suffix: '?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }),
  'a wrong cookie': () => ({ headers: { cookie: `readroom-${server.port}=AAAA` } }),
  'a form post': () => ({
    headers: { ...own(), 'content-type': 'application/x-www-form-urlencoded' },
    method: 'POST',
    body: 'a=b',
  }),
  'a text post': () => ({ headers: { ...own(), 'content-type': 'text/plain' }, method: 'POST', body: '{}' }),
  'a JSON post': () => ({
    headers: { ...own(), 'content-type': 'application/json' },
    method: 'POST',
    body: '{}',
  }),
  'a preflight': () => ({
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    method: 'OPTIONS',
  }),
  'an encoded way up': () => ({ headers: own(), suffix: '/..%2f..%2fpackage.json' }),
  'a doubly encoded way up': () => ({ headers: own(), suffix: '/%252e%252e%252fpackage.json' }),
  'a plain way up': () => ({ headers: own(), suffix: '/../../package.json' }),
};

describe.each(Object.entries(attacks))('%s', (_name, make) => {
  test.each([...everyPath, ...procedures, ...procedures.map((path) => rpcPath + path)])(
    'is refused at %s',
    async (path) => {
      const { suffix = '', ...options } = make();
      const seen = mediaAsked.length;
      const answer = await ask(path + suffix, options);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(answer.body).toMatch(/^[A-Z][^\n]+\.\n$/);
      expect(mediaAsked.length).toBe(seen);
    },
  );
});

describe('a caller with the token', () => {
  test('is sent on without it, with a cookie for this port', async () => {
    const answer = await ask(`/?token=${token}`);
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/');
    expect(answer.headers['set-cookie']?.[0]).toMatch(
      new RegExp(`^readroom-${server.port}=[\\w-]{32}; Path=/; HttpOnly; SameSite=Strict$`),
    );
    expect(answer.headers['set-cookie']?.[0]).not.toContain(token);
    expect(Buffer.from(token, 'base64url')).toHaveLength(24);
  });

  test('that came by a link on another page is refreshed, as its cookie is held back from a redirect', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    const answer = await ask(`/?token=${token}`, { headers });
    expect([answer.status, answer.headers['refresh']]).toEqual([200, '0; url=/']);
    expect(answer.headers['set-cookie']).toHaveLength(1);
  });

  test.each(httpPaths.filter((path) => path !== '/status/doctor'))('reads %s', async (path) => {
    const answer = await ask(path, { headers: own() });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'/);
    // Only pictures are kept by the browser, which then asks again by their etag.
    const kept = answer.headers.etag === undefined ? 'no-store' : 'private, no-cache';
    expect(answer.headers['cache-control']).toBe(kept);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('a bug behind a page is a plain 500 without its message', async () => {
    const answer = await ask('/status/doctor', { headers: own() });
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain('at ');
  });

  test('the page has no inline script or style, so that its policy holds', async () => {
    const { body } = await ask('/', { headers: own() });
    expect(body).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|https?:\/\//);
  });

  test('media comes from the engine, with only the headers that it may set', async () => {
    const answer = await ask('/media/abc', { headers: own() });
    expect(answer.body).toBe('pixels');
    expect(mediaAsked.at(-1)).toBe('/media/abc');
    expect(answer.headers['content-type']).toBe('image/webp');
    expect(answer.headers.etag).toBe('"1"');
    expect(answer.headers['cache-control']).toBe('private, no-cache');
    expect(answer.headers['set-cookie']).toBeUndefined();
  });
});

describe('WebSocket', () => {
  const open = (path: string, headers: Record<string, string>): Promise<number> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
      socket.on('open', () => {
        socket.close();
        resolve(101);
      });
      socket.on('unexpected-response', (_request, response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      socket.on('error', () => undefined);
    });
  const home = (): string => `http://127.0.0.1:${server.port}`;

  test('opens for our page and for the token', async () => {
    expect(await open(rpcPath, { ...own(), origin: home() })).toBe(101);
    expect(await open(`${rpcPath}?token=${token}`, {})).toBe(101);
  });

  test.each([...everyPath, ...procedures])(
    'a foreign page, host or stranger is refused at %s',
    async (path) => {
      expect(await open(path, { ...own(), origin: 'https://evil.example' })).toBe(403);
      expect(await open(path, { ...own(), origin: home(), host: 'rebound.example' })).toBe(421);
      expect(await open(path, { origin: home() })).toBe(401);
      expect(await open(path, own())).toBe(403);
      expect(await open(`${path}/..%2frpc`, { ...own(), origin: home() })).toBe(400);
    },
  );

  test('carries calls, and a 100 MB message ends that connection only', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${rpcPath}?token=${token}`);
    const client = connect<Contract>(socket);
    expect((await client.job.get({ job: 'j' })).job).toBe('j');
    const closed = once(socket, 'close');
    socket.send('x'.repeat(100e6));
    expect((await closed)[0]).toBe(1009);
    await expect(client.job.get({ job: 'j' })).rejects.toMatchObject({ code: 'workerDied' });
    expect((await ask('/', { headers: own() })).status).toBe(200);
  });

  test('a frame that is no call ends the connection', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${rpcPath}?token=${token}`);
    await once(socket, 'open');
    socket.send('{"i":');
    expect((await once(socket, 'close'))[0]).toBe(1008);
  });
});

test('bytes that are not HTTP do not end the server', async () => {
  const socket = connectTcp(server.port, '127.0.0.1');
  socket.write('\x16\x03\x01 not http\r\n\r\n');
  socket.resume();
  await once(socket, 'close');
  expect((await ask('/', { headers: own() })).status).toBe(200);
});

test('a taken port is refused with a code', async () => {
  const again = createServer({
    router: createSmallEngine().router,
    media: () => Promise.resolve(new Response()),
    port: server.port,
  });
  await expect(again).rejects.toMatchObject({ code: 'portInUse' });
});
