import { describe, expect, test } from 'vitest';

import {
  endedCookie,
  isPlainPath,
  judge,
  sameSecret,
  sessionCookie,
  type Incoming,
  type Policy,
} from '../../../src/server/policy.ts';

const policy: Policy = {
  scheme: 'http',
  port: 4750,
  hostNames: ['127.0.0.1', 'localhost', '[::1]'],
  token: 'the-token',
  session: 'the-session',
};

const fair: Incoming = {
  method: 'GET',
  target: '/',
  host: '127.0.0.1:4750',
  origin: undefined,
  secFetchSite: undefined,
  secFetchMode: undefined,
  contentType: undefined,
  cookie: 'other=1; readroom-4750=the-session',
  authorization: undefined,
  isUpgrade: false,
};

const verdict = (over: Partial<Incoming>, isPerson = false) => {
  const given = judge({ ...fair, ...over }, policy, isPerson);
  return given.kind === 'refused' ? given.status : given.kind;
};

describe('who may talk to the server', () => {
  test('the browser that showed the token, by any of our names', () => {
    expect(verdict({})).toBe('allowed');
    expect(verdict({ host: 'LOCALHOST:4750', origin: 'http://localhost:4750' })).toBe('allowed');
    expect(verdict({ host: '[::1]:4750' })).toBe('allowed');
  });

  test.each([
    undefined,
    '',
    'evil.example:4750',
    '127.0.0.1',
    '127.0.0.1:80',
    'localhost:4750.evil.example',
    '127.0.0.1:4750@evil',
  ])('Host %s is refused even with the cookie: DNS rebinding', (host) => expect(verdict({ host })).toBe(421));

  test.each([
    'http://evil.example',
    'null',
    '',
    'https://127.0.0.1:4750',
    'http://127.0.0.1:3000',
    'http://localhost:4750.evil.example',
  ])('Origin %s is refused even with the cookie', (origin) => expect(verdict({ origin })).toBe(403));

  test('Host is judged before Origin, and both before the token', () => {
    expect(verdict({ host: 'evil.example', origin: 'http://evil.example', cookie: undefined })).toBe(421);
    expect(verdict({ origin: 'http://evil.example', cookie: undefined })).toBe(403);
  });

  test('a page of another port may link here but not load from here', () => {
    expect(verdict({ secFetchSite: 'same-site', secFetchMode: 'no-cors' })).toBe(403);
    expect(verdict({ secFetchSite: 'cross-site', secFetchMode: 'navigate' })).toBe('allowed');
    expect(verdict({ secFetchSite: 'cross-site', secFetchMode: 'navigate', method: 'POST' })).toBe(403);
    expect(verdict({ secFetchSite: 'same-origin', secFetchMode: 'cors' })).toBe('allowed');
  });

  test.each([
    { cookie: undefined },
    { cookie: 'readroom-4750=' },
    { cookie: 'readroom-4751=the-session' },
    { cookie: 'readroom-4750=the-sessio' },
    { cookie: 'readroom-4750=the-token' },
    { cookie: undefined, target: '/?token=' },
    { cookie: undefined, target: '/?token=the-session' },
    { cookie: undefined, target: '/?Token=the-token' },
    { cookie: undefined, authorization: 'Bearer wrong' },
    { cookie: undefined, authorization: 'Basic the-token' },
  ])('no or a wrong token is refused: %j', (over) => expect(verdict(over)).toBe(401));

  test('the token in the address is exchanged, once, for a cookie that scripts cannot read', () => {
    expect(verdict({ cookie: undefined, target: '/?token=the-token' })).toBe('login');
    expect(sessionCookie(policy)).toBe('readroom-4750=the-session; Path=/; HttpOnly; SameSite=Strict');
    expect(sessionCookie({ ...policy, scheme: 'https' })).toContain('; Secure');
  });

  test('programs show the token as bearer', () => {
    expect(verdict({ cookie: undefined, authorization: 'Bearer the-token' })).toBe('allowed');
  });

  test.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    undefined,
    'application/jsonp',
  ])('a write as %s is refused: forms need no preflight', (contentType) =>
    expect(verdict({ method: 'POST', contentType })).toBe(415),
  );

  test('a write as JSON passes on to the routes', () => {
    expect(verdict({ method: 'POST', contentType: 'application/json; charset=utf-8' })).toBe('allowed');
  });

  const upload = '/media/018f2b6e-0000-7000-8000-000000000000/incoming/018f2b6e-0000-7000-8000-000000000001';
  const octets = { contentType: 'application/octet-stream', origin: 'http://127.0.0.1:4750' };
  test.each([
    ['PUT', `${upload}/a.png`],
    ['DELETE', upload],
  ])('%s %s takes bytes from our page, or with the token', (method, target) => {
    expect(verdict({ method, target, ...octets })).toBe('allowed');
    expect(verdict({ method, target, ...octets, origin: undefined })).toBe(403);
    expect(verdict({ method, target, ...octets, origin: undefined, authorization: 'Bearer the-token' })).toBe(
      'allowed',
    );
    expect(verdict({ method, target, ...octets, contentType: 'application/octet-stream; a=b' })).toBe(415);
    expect(verdict({ method, target, ...octets, contentType: 'application/json' })).toBe(415);
    expect(verdict({ method, target, ...octets, cookie: undefined })).toBe(401);
    expect(verdict({ method, target, ...octets, secFetchSite: 'same-site', secFetchMode: 'cors' })).toBe(403);
  });

  test.each([
    ['PUT', upload],
    ['DELETE', `${upload}/a.png`],
    ['PUT', '/media/018f2b6e-0000-7000-8000-000000000000/a.png'],
    ['PUT', '/'],
  ])('%s %s is no upload', (method, target) => expect(verdict({ method, target, ...octets })).toBe(415));

  describe('people who sign in', () => {
    const stranger = { cookie: 'readroom-4750=another-session' };
    const own = { origin: 'http://127.0.0.1:4750', contentType: 'application/json' };

    test('are let in by their own cookie, and are not the machine', () => {
      expect(verdict(stranger)).toBe(401);
      expect(verdict(stranger, true)).toBe('allowed');
      expect(judge({ ...fair, ...stranger }, policy, true)).toMatchObject({ to: 'person' });
      expect(judge(fair, policy, true)).toMatchObject({ to: 'machine' });
      const shown = { ...fair, ...stranger, authorization: 'Bearer the-token' };
      expect(judge(shown, policy, true)).toMatchObject({ to: 'machine' });
    });

    test('ask for it by JSON from our own page, and from nowhere else', () => {
      const ask = { method: 'POST', target: '/sign-in', ...stranger, ...own };
      expect(judge({ ...fair, ...ask }, policy)).toMatchObject({ kind: 'allowed', to: 'anybody' });
      expect(verdict({ ...ask, origin: undefined })).toBe(403);
      expect(verdict({ ...ask, origin: 'null' })).toBe(403);
      expect(verdict({ ...ask, origin: 'http://evil.example' })).toBe(403);
      expect(verdict({ ...ask, host: 'evil.example' })).toBe(421);
      expect(verdict({ ...ask, secFetchSite: 'same-site', secFetchMode: 'cors' })).toBe(403);
      expect(verdict({ ...ask, contentType: 'application/x-www-form-urlencoded' })).toBe(415);
      expect(verdict({ ...ask, contentType: undefined })).toBe(415);
      expect(verdict({ ...ask, method: 'GET' })).toBe(401);
      expect(verdict({ ...ask, method: 'PUT' })).toBe(401);
      expect(verdict({ ...ask, isUpgrade: true })).toBe(401);
      for (const target of ['/sign-in/', '/sign-in/x', '/Sign-in', '/sign%2din', '/sign-out', '/'])
        expect(verdict({ ...ask, target })).toBe(401);
    });

    test('sign out from our own page', () => {
      const ask = { method: 'POST', target: '/sign-out', ...stranger, ...own };
      expect(verdict(ask, true)).toBe('allowed');
      expect(verdict({ ...ask, origin: undefined }, true)).toBe(403);
      expect(verdict({ ...ask, contentType: 'text/plain' }, true)).toBe(415);
    });

    test('open connections and send files as everybody else', () => {
      expect(verdict({ ...stranger, isUpgrade: true }, true)).toBe(403);
      expect(verdict({ ...stranger, isUpgrade: true, origin: own.origin }, true)).toBe('allowed');
      const put = { method: 'PUT', target: `${upload}/a.png`, ...stranger, ...octets };
      expect(verdict(put, true)).toBe('allowed');
      expect(verdict({ ...put, origin: undefined }, true)).toBe(403);
    });

    test('leave by an empty cookie that is gone at once', () => {
      expect(endedCookie(policy)).toBe('readroom-4750=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0');
      expect(sessionCookie(policy, 'abc')).toMatch(/^readroom-4750=abc;/);
    });
  });

  test('an upgrade needs its own origin, or the token', () => {
    expect(verdict({ isUpgrade: true })).toBe(403);
    expect(verdict({ isUpgrade: true, origin: 'http://127.0.0.1:4750' })).toBe('allowed');
    expect(verdict({ isUpgrade: true, cookie: undefined, target: '/rpc?token=the-token' })).toBe('allowed');
    expect(verdict({ isUpgrade: true, origin: 'http://evil.example', target: '/rpc?token=the-token' })).toBe(
      403,
    );
  });

  test.each([
    '/..%2fetc',
    '/%2e%2e/etc',
    '/a/../b',
    '/media/%252e%252e%252fx',
    '/media/%252e%252e/%25zz',
    '//evil.example',
    '/a\\b',
    '/a%5cb',
    '/a%00',
    '/%zz',
    'http://x/',
    '/./a',
  ])('path %s is refused', (path) => {
    expect(isPlainPath(path)).toBe(false);
    expect(verdict({ target: path })).toBe(400);
  });

  test.each(['/', '/media/018f/thumbnail', '/media/a%20b', '/page.css', '/a..b', '/50%25.png', '/%25zz'])(
    'path %s is fine',
    (path) => {
      expect(isPlainPath(path)).toBe(true);
    },
  );

  test('secrets of unequal length compare without throwing', () => {
    expect(sameSecret('', 'x')).toBe(false);
    expect(sameSecret('abc', 'abc')).toBe(true);
  });
});
