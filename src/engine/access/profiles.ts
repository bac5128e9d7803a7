import { randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';

import { z } from 'zod';

import { ReadroomError } from '../../contract/errors.ts';
import type { Profile } from '../../contract/profile.ts';
import { createQueues } from '../one-at-a-time.ts';
import { createStoredFile } from '../workspace/stored-file.ts';

/** What stands in the settings folder of a person who can sign in; hash and salt in base64. */
const storedProfileSchema = z.object({
  name: z.string(),
  salt: z.string(),
  hash: z.string(),
  createdAt: z.string(),
});
type StoredProfile = z.infer<typeof storedProfileSchema>;

/** People who can sign in to this machine's server, in one file that only its user may read. */
export interface Profiles {
  list(): Promise<Profile[]>;
  /** @returns the person's secret @throws ReadroomError `usage` for a name that is taken */
  add(name: string): Promise<string>;
  /** @returns the new secret @throws ReadroomError `unknownReader` */
  reset(name: string): Promise<string>;
  /** @returns the name as it was written @throws ReadroomError `unknownReader` */
  remove(name: string): Promise<string>;
  /** The person of that name and secret, and what `credentialOf` says as long as the secret holds; else null. */
  verify(name: string, secret: string): Promise<{ name: string; credential: string } | null>;
  /** Another one after each new secret; null for who is not there. */
  credentialOf(name: string): Promise<string | null>;
}

/** Crockford's base 32: no letter that is read as another one. */
const letters = '0123456789abcdefghjkmnpqrstvwxyz';
const secretLetters = 20;
const groupLetters = 5;
const hashBytes = 32;
const derive = promisify<string, Buffer, number, Buffer>(scrypt);

/** 100 random bits as `xxxxx-xxxxx-xxxxx-xxxxx`. */
function newSecret(): string {
  const drawn = Array.from({ length: secretLetters }, () => letters[randomInt(letters.length)]).join('');
  return drawn.match(new RegExp(`.{${groupLetters}}`, 'g'))!.join('-');
}

/** A secret as it was made, however it was typed. */
const normalised = (secret: string): string =>
  secret.toLowerCase().replace(/[\s-]/g, '').replace(/o/g, '0').replace(/[il]/g, '1');

const sameName = (one: string, other: string): boolean =>
  one.normalize('NFC').toLowerCase() === other.normalize('NFC').toLowerCase();

async function stored(name: string, secret: string, createdAt: string): Promise<StoredProfile> {
  const salt = randomBytes(16);
  const hash = await derive(normalised(secret), salt, hashBytes);
  return { name, createdAt, salt: salt.toString('base64'), hash: hash.toString('base64') };
}

export function createProfiles(settingsFolder: string): Profiles {
  const file = createStoredFile<StoredProfile[]>(
    path.join(settingsFolder, 'profiles.json'),
    z.array(storedProfileSchema),
    () => [],
    { mode: 0o600 },
  );
  // Each derivation takes memory and a core: strangers do not get several at once.
  const oneAtATime = createQueues();
  const nobody = {
    salt: randomBytes(16).toString('base64'),
    hash: randomBytes(hashBytes).toString('base64'),
  };
  const find = (all: readonly StoredProfile[], name: string): StoredProfile | undefined =>
    all.find((one) => sameName(one.name, name));
  const known = (all: readonly StoredProfile[], name: string): StoredProfile => {
    const found = find(all, name);
    if (found) return found;
    throw new ReadroomError(
      'unknownReader',
      `There is no profile "${name}".`,
      'readroom profiles list shows those that there are.',
    );
  };
  return {
    list: async () => (await file.read()).map(({ name, createdAt }) => ({ name, createdAt })),

    async add(name) {
      const secret = newSecret();
      const made = await stored(name.normalize('NFC'), secret, new Date().toISOString());
      await file.change((all) => {
        if (!find(all, name)) return [...all, made];
        throw new ReadroomError(
          'usage',
          `There is a profile "${name}" already.`,
          'Give it a new secret (reset), or choose another name.',
        );
      });
      return secret;
    },

    async reset(name) {
      const secret = newSecret();
      const { name: exact, createdAt } = known(await file.read(), name);
      const made = await stored(exact, secret, createdAt);
      await file.change((all) => {
        const old = known(all, name);
        return all.map((one) => (one === old ? made : one));
      });
      return secret;
    },

    async remove(name) {
      const exact = known(await file.read(), name).name;
      await file.change((all) => all.filter((one) => one.name !== exact));
      return exact;
    },

    async verify(name, secret) {
      const found = find(await file.read(), name);
      const { salt, hash } = found ?? nobody;
      // As much work for a name that is not there: how long the answer takes tells nothing.
      const given = await oneAtATime('', () =>
        derive(normalised(secret), Buffer.from(salt, 'base64'), hashBytes),
      );
      const isRight = timingSafeEqual(given, Buffer.from(hash, 'base64'));
      return found && isRight ? { name: found.name, credential: found.salt } : null;
    },

    credentialOf: async (name) => (await file.read()).find((one) => one.name === name)?.salt ?? null,
  };
}
