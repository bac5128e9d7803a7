import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
/** What uploads brought, as the engine reads it. */
const uploaded: string[] = [];

/** A build of the screens, as small as one can be. */
function buildScreens(): string {
  const folder = mkdtempSync(join(tmpdir(), 'readroom-screens-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(
    join(folder, 'index.html'),
    '<!doctype html><script type="module" src="/assets/a-1.js"></script>',
  );
  writeFileSync(join(folder, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  for (const name of ['a-1.js', 'a-1.css', 'font-1.woff2', 'film-1.png', 'code-1.wasm', 'notes.txt'])
    writeFileSync(join(folder, 'assets', name), name);
  return folder;
}

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
    screens: buildScreens(),
    media: async (request) => {
      const { pathname } = new URL(request.url);
      mediaAsked.push(pathname);
      if (pathname.endsWith('/bug')) throw new Error('a bug with /secret/path');
      if (pathname.endsWith('/report'))
        return new Response('<p>', {
          headers: { 'content-security-policy': 'sandbox', 'content-type': 'text/html' },
        });
      if (request.method === 'PUT') {
        uploaded.push(await request.text());
        return Response.json({ path: '/there' });
      }
      return new Response('pixels', {
        headers: {
          ...{ 'content-type': 'image/webp', 'set-cookie': 'a=b', etag: '"1"' },
          ...{ 'x-readroom-width': '512', 'x-readroom-code': 'none', 'x-other': 'no' },
        },
      });
    },
  });
  token = new URL(server.url).searchParams.get('token') ?? '';
  const login = await ask(`/?token=${token}`);
  cookie = (login.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
});
afterAll(() => server.close());

/** Every way in, from the server's own lists, so that a new one is tested without being named here. */
const httpPaths = routes.map((route) => route.path.replace('*', '018f2b6e'));
const readable = httpPaths.filter((_path, index) => routes[index]!.methods.includes('GET'));
const ids = '018f2b6e-0000-7000-8000-000000000000';
const uploads = [`/media/${ids}/incoming/${ids}/CLASS/a%20b.png`, `/media/${ids}/incoming/${ids}`];
const everyPath = [
  ...httpPaths,
  ...uploads,
  rpcPath,
  '/',
  '/assets/a-1.js',
  '/project/1/images',
  '/media',
  '/nothing.png',
];
const procedures = Object.entries(contract).flatMap(([domain, calls]) =>
  Object.keys(calls).map((call) => `/${domain}/${call}`),
);

const own = (): Record<string, string> => ({ cookie });
const home = (): string => `http://127.0.0.1:${server.port}`;
const octets = { 'content-type': 'application/octet-stream' };

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
  'a foreign upload': () => ({
    headers: { ...own(), ...octets, origin: 'https://evil.example' },
    method: 'PUT',
    body: 'bytes',
  }),
  'an upload without origin or token': () => ({
    headers: { ...own(), ...octets },
    method: 'PUT',
    body: 'bytes',
  }),
  'an upload as a form': () => ({
    headers: { ...own(), origin: home(), 'content-type': 'multipart/form-data; boundary=x' },
    method: 'PUT',
    body: 'bytes',
  }),
  'an upload as JSON': () => ({
    headers: { ...own(), origin: home(), 'content-type': 'application/json' },
    method: 'PUT',
    body: '{}',
  }),
  'an upload of a stranger': () => ({ headers: { ...octets, origin: home() }, method: 'PUT', body: 'bytes' }),
  'an upload that climbs': () => ({
    headers: { ...own(), ...octets, origin: home() },
    method: 'PUT',
    body: 'bytes',
    suffix: '/..%2f..%2fevil.png',
  }),
  'a posted upload': () => ({
    headers: { ...own(), ...octets, origin: home() },
    method: 'POST',
    body: 'bytes',
  }),
  'a foreign sign-in': () => ({
    headers: { 'content-type': 'application/json', origin: 'https://evil.example' },
    method: 'POST',
    body: '{"name":"Ada","secret":"x"}',
  }),
  'a sign-in without origin': () => ({
    headers: { 'content-type': 'application/json' },
    method: 'POST',
    body: '{"name":"Ada","secret":"x"}',
  }),
  'a sign-in as a form': () => ({
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: home() },
    method: 'POST',
    body: 'name=Ada&secret=x',
  }),
  'a sign-in with nothing': () => ({
    headers: { 'content-type': 'application/json', origin: home() },
    method: 'POST',
    body: '{"name":["Ada"],"secret":null}',
  }),
  'a sign-in of 1 MB': () => ({
    headers: { 'content-type': 'application/json', origin: home() },
    method: 'POST',
    body: `{"name":"${'x'.repeat(1e6)}"}`,
  }),
  'a foreign removal': () => ({
    headers: { ...own(), ...octets, origin: 'https://evil.example' },
    method: 'DELETE',
  }),
  'a removal without origin or token': () => ({ headers: { ...own(), ...octets }, method: 'DELETE' }),
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

test('a person who opens an address without the token is told which one to open', async () => {
  const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none' };
  const answer = await ask('/project/1/images', { headers: navigation });
  expect(answer.status).toBe(401);
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  // Its one style and its one script, and nothing that a form could be sent to.
  expect(answer.headers['content-security-policy']).toMatch(
    /^default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+'; connect-src 'self'; .*form-action 'none'/,
  );
  expect(answer.headers['set-cookie']).toBeUndefined();
  expect(answer.body).toContain(`${home()}/?token=…`);
  expect(answer.body).not.toContain(token);
  // Which host it is was judged before.
  const rebound = await ask('/', { headers: { ...navigation, host: '<b>.example' } });
  expect(rebound.body).toMatch(/^[A-Z][^\n<]+\.\n$/);
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

  test.each(readable)('reads %s', async (path) => {
    const answer = await ask(path, { headers: own() });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'/);
    // Only pictures are kept by the browser, which then asks again by their etag.
    const kept = answer.headers.etag === undefined ? 'no-store' : 'private, no-cache';
    expect(answer.headers['cache-control']).toBe(kept);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('a bug behind a path is a plain 500 without its message', async () => {
    const answer = await ask('/media/bug', { headers: own() });
    expect(answer.status).toBe(500);
    expect(answer.body).not.toMatch(/secret|at /);
  });

  test.each(['/', '/project/018f/images', '/settings'])('gets the page at its address %s', async (path) => {
    const answer = await ask(path, { headers: own() });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(answer.headers['content-security-policy']).toMatch(/script-src 'self'; style-src 'self';/);
    expect(answer.body).toContain('/assets/a-1.js');
  });

  test.each([
    ['/assets/a-1.js', 'text/javascript; charset=utf-8'],
    ['/assets/a-1.css', 'text/css; charset=utf-8'],
    ['/assets/font-1.woff2', 'font/woff2'],
    ['/assets/film-1.png', 'image/png'],
    ['/assets/code-1.wasm', 'application/wasm'],
  ])('gets %s once and for all', async (path, type) => {
    const answer = await ask(path, { headers: own() });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, type]);
    expect(answer.headers['cache-control']).toBe('private, max-age=31536000, immutable');
    expect(answer.body).toBe(path.slice('/assets/'.length));
    expect((await ask(path, { method: 'HEAD', headers: own() })).body).toBe('');
  });

  test.each([
    '/assets/notes.txt',
    '/assets/none.js',
    '/assets/.hidden.js',
    '/package.json',
    '/media',
    '/rpc',
    '/status',
  ])('gets nothing at %s', async (path) => expect((await ask(path, { headers: own() })).status).toBe(404));

  test('sends files to be imported, and takes them back, from its own page or with the token', async () => {
    const [file, folder] = uploads as [string, string];
    const headers = { ...own(), ...octets, origin: home() };
    const sent = await ask(file, { method: 'PUT', headers, body: 'bytes of a picture' });
    expect([sent.status, JSON.parse(sent.body), uploaded.at(-1)]).toEqual([
      200,
      { path: '/there' },
      'bytes of a picture',
    ]);
    const bearer = { ...octets, authorization: `Bearer ${token}` };
    expect((await ask(file, { method: 'PUT', headers: bearer, body: 'x' })).status).toBe(200);
    expect((await ask(folder, { method: 'DELETE', headers })).status).toBe(200);
    // Neither the other way round, nor anywhere else.
    expect((await ask(folder, { method: 'PUT', headers, body: 'x' })).status).toBeGreaterThanOrEqual(400);
    expect((await ask(file, { method: 'DELETE', headers })).status).toBeGreaterThanOrEqual(400);
    expect((await ask(`/media/${ids}/${ids}/pixels`, { method: 'PUT', headers, body: 'x' })).status).toBe(
      415,
    );
  });

  test('opens a report under the policy that the engine gives it', async () => {
    const answer = await ask('/media/report', { headers: own() });
    expect(answer.headers['content-security-policy']).toBe('sandbox');
  });

  test('media comes from the engine, with only the headers that it may set', async () => {
    const answer = await ask('/media/abc', { headers: own() });
    expect(answer.body).toBe('pixels');
    expect(mediaAsked.at(-1)).toBe('/media/abc');
    expect(answer.headers['content-type']).toBe('image/webp');
    expect(answer.headers.etag).toBe('"1"');
    expect(answer.headers['cache-control']).toBe('private, no-cache');
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.headers['x-readroom-width']).toBe('512');
    expect(answer.headers['x-other']).toBeUndefined();
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

test('where the screens are not built, the page says how to build them', async () => {
  const bare = await createServer({
    router: createSmallEngine().router,
    media: () => Promise.resolve(new Response()),
    screens: join(tmpdir(), 'no-screens'),
    port: 0,
    token,
  });
  const answer = await fetch(`http://127.0.0.1:${bare.port}/`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('npm run setup')]);
  await bare.close();
});

test('a taken port is refused with a code', async () => {
  const again = createServer({
    router: createSmallEngine().router,
    media: () => Promise.resolve(new Response()),
    port: server.port,
  });
  await expect(again).rejects.toMatchObject({ code: 'portInUse' });
});
