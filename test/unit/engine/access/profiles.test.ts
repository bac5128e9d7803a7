import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { beforeEach, expect, test } from 'vitest';

import { createProfiles, type Profiles } from '../../../../src/engine/access/profiles.ts';

let file: string;
let profiles: Profiles;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'readroom-profiles-'));
  file = join(folder, 'profiles.json');
  profiles = createProfiles(folder);
});

test('a secret is made, told once, and known by its hash only', async () => {
  const secret = await profiles.add('Ada Lovelace');
  expect(secret).toMatch(/^([0-9a-hjkmnp-tv-z]{5}-){3}[0-9a-hjkmnp-tv-z]{5}$/);
  expect(readFileSync(file, 'utf8')).not.toContain(secret);
  expect(readFileSync(file, 'utf8')).not.toContain(secret.replaceAll('-', ''));
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await profiles.list()).toEqual([{ name: 'Ada Lovelace', createdAt: expect.any(String) as string }]);
});

test('lets in who has name and secret, however they are typed', async () => {
  const secret = await profiles.add('Ada');
  const person = { name: 'Ada', credential: await profiles.credentialOf('Ada') };
  expect(await profiles.verify('Ada', secret)).toEqual(person);
  expect(await profiles.verify('ada', ` ${secret.replaceAll('-', '').toUpperCase()} `)).toEqual(person);
  expect(
    await profiles.verify(
      'Ada',
      secret.replace(/.$/, (last) => (last === '2' ? '3' : '2')),
    ),
  ).toBeNull();
  expect(await profiles.verify('Ada', '')).toBeNull();
  expect(await profiles.verify('Ben', secret)).toBeNull();
});

test('a new secret takes the place of the old one', async () => {
  const old = await profiles.add('Ada');
  const before = await profiles.credentialOf('Ada');
  const secret = await profiles.reset('ADA');
  expect(await profiles.verify('Ada', old)).toBeNull();
  expect(await profiles.verify('Ada', secret)).toMatchObject({ name: 'Ada' });
  expect(await profiles.credentialOf('Ada')).not.toBe(before);
  expect(await profiles.list()).toHaveLength(1);
});

test('each name is there once, in any case, and gone when removed', async () => {
  const secret = await profiles.add('Ada');
  await expect(profiles.add('ADA')).rejects.toMatchObject({ code: 'usage' });
  expect(await profiles.remove('ada')).toBe('Ada');
  expect(await profiles.verify('Ada', secret)).toBeNull();
  expect(await profiles.credentialOf('Ada')).toBeNull();
  for (const ask of [profiles.remove, profiles.reset])
    await expect(ask('Ada')).rejects.toMatchObject({ code: 'unknownReader' });
});

test('names of JavaScript are names', async () => {
  expect(await profiles.verify('__proto__', 'x')).toBeNull();
  const secret = await profiles.add('__proto__');
  expect(await profiles.verify('__proto__', secret)).toMatchObject({ name: '__proto__' });
});
