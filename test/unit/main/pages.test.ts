import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

import { pageFile } from '../../../src/host/page-files.ts';
import { createPageHandler } from '../../../src/main/pages.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'pages-'));
mkdirSync(path.join(folder, 'assets'));
writeFileSync(path.join(folder, 'index.html'), '<!doctype html>');
writeFileSync(path.join(folder, 'assets/main-abc123.js'), 'export {}');
writeFileSync(path.join(folder, '..', 'secret.js'), 'secret');

const asked: string[] = [];
const handler = createPageHandler(folder, async (request) => {
  asked.push(`${request.method} ${request.url}`);
  if (request.url.includes('broken')) throw new Error('The engine has ended.');
  return new Response('webp', { headers: { 'content-type': 'image/webp', etag: '"a"' } });
});
const get = (address: string, init: RequestInit & { initiatorOrigin?: string | null } = {}) =>
  handler(Object.assign(new Request(address, init), { initiatorOrigin: init.initiatorOrigin }));

test('a reload on a screen of its own address would find nothing', async () => {
  const screen = await get('app://readroom/project/p1/images?sort=name');
  expect(await screen.text()).toBe('<!doctype html>');
  expect(screen.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(screen.headers.get('content-security-policy')).not.toContain('unsafe');
});

test('a script would come without its type, or be asked for anew each time', async () => {
  const { headers, status } = await get('app://readroom/assets/main-abc123.js');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(headers.get('cache-control')).toContain('immutable');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});

test.each([
  '/../secret.js',
  '/assets/..%2f..%2fsecret.js',
  '/assets/%2e%2e/%2e%2e/secret.js',
  '/assets/..\\..\\secret.js',
  '/%252e%252e/secret.js',
  '/assets//main.js',
  '/secret.js%00.svg',
  '/main.exe',
])('a path could lead out of the folder of the screens: %s', (pathname) => {
  const name = pageFile(pathname)?.name;
  if (name !== undefined) expect(path.join(folder, name).startsWith(folder + path.sep)).toBe(true);
  expect(name === undefined || !name.includes('..')).toBe(true);
});

test('pictures would not reach the window, or could be opened as a page', async () => {
  const { status, headers } = await get('app://readroom/media/p1/i1/thumbnail?v=1');
  expect(status).toBe(200);
  expect(asked.at(-1)).toBe('GET http://readroom/media/p1/i1/thumbnail?v=1');
  expect(headers.get('content-security-policy')).toContain('sandbox');
});

test('an engine that ends in the middle would leave an unhandled rejection', async () => {
  expect((await get('app://readroom/media/broken')).status).toBe(503);
});

test('another origin, another host or a write would be answered', async () => {
  expect((await get('app://readroom/', { initiatorOrigin: 'https://example.org' })).status).toBe(403);
  expect((await get('app://evil/')).status).toBe(404);
  expect((await get('app://readroom/media/p/i/thumbnail', { method: 'DELETE' })).status).toBe(405);
});
