import { describe, expect, test } from 'vitest';

import { createSessions } from '../../../src/server/sessions.ts';
import { createThrottle } from '../../../src/server/throttle.ts';

describe('tries that are slowed', () => {
  test('five at once, then one each ten seconds, for each name and address', () => {
    let now = 1e6;
    const throttle = createThrottle({ now: () => now });
    const tries = (count: number, keys: string[]) => Array.from({ length: count }, () => throttle.take(keys));
    expect(tries(5, ['name ada', 'address 1'])).toEqual([0, 0, 0, 0, 0]);
    expect(throttle.take(['name ada', 'address 2'])).toBe(10_000);
    expect(throttle.take(['name ben', 'address 1'])).toBe(10_000);
    expect(throttle.take(['name ben', 'address 2'])).toBe(0);
    now += 9_999;
    expect(throttle.take(['name ada', 'address 1'])).toBe(1);
    now += 1;
    expect(throttle.take(['name ada', 'address 1'])).toBe(0);
    // What was refused does not count.
    expect(throttle.take(['name ada', 'address 1'])).toBe(10_000);
    throttle.forget('name ada');
    expect(throttle.take(['name ada', 'address 3'])).toBe(0);
    now += 50_000;
    expect(tries(6, ['address 1'])).toEqual([0, 0, 0, 0, 0, 10_000]);
  });
});

describe('sessions', () => {
  const hour = 3600 * 1000;
  function setting() {
    const credentials = new Map([['Ada', 'first']]);
    const clock = { now: 0 };
    const sessions = createSessions(
      {
        verify: () => Promise.resolve(null),
        credentialOf: (name) => Promise.resolve(credentials.get(name) ?? null),
      },
      () => clock.now,
    );
    return { credentials, clock, sessions, cookie: sessions.start({ name: 'Ada', credential: 'first' }) };
  }

  test('each browser has its own cookie of 24 random bytes', () => {
    const { sessions, cookie } = setting();
    expect(Buffer.from(cookie, 'base64url')).toHaveLength(24);
    expect(sessions.start({ name: 'Ada', credential: 'first' })).not.toBe(cookie);
  });

  test('last as long as they are used at least every twelve hours', async () => {
    const { sessions, cookie, clock } = setting();
    for (let day = 0; day < 3; day += 1) {
      clock.now += 11 * hour;
      expect(await sessions.find(cookie)).toMatchObject({ name: 'Ada' });
    }
    clock.now += 12 * hour;
    expect(await sessions.find(cookie)).toBeNull();
    expect(await sessions.find('')).toBeNull();
    expect(await sessions.find(null)).toBeNull();
  });

  test.each([['a new secret', 'second'] as const, ['no profile any more', null] as const])(
    'end with %s, and with them their connections',
    async (_what, credential) => {
      const { sessions, cookie, credentials } = setting();
      let ended = 0;
      (await sessions.find(cookie))!.sockets.add({ terminate: () => (ended += 1) });
      await sessions.sweep();
      expect(ended).toBe(0);
      if (credential === null) credentials.delete('Ada');
      else credentials.set('Ada', credential);
      await sessions.sweep();
      expect(ended).toBe(1);
      expect(await sessions.find(cookie)).toBeNull();
    },
  );

  test('are ended one by one', async () => {
    const { sessions, cookie } = setting();
    const other = sessions.start({ name: 'Ada', credential: 'first' });
    sessions.end((await sessions.find(cookie))!);
    expect(await sessions.find(cookie)).toBeNull();
    expect(await sessions.find(other)).not.toBeNull();
  });
});
