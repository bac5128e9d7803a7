import { copyFileSync, mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { isKnownSound, noteSound } from '../../../../src/engine/db/known-sound.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'readroom-sound-'));
  file = path.join(folder, 'project.sqlite');
  writeFileSync(file, '');
  truncateSync(file, 40_000_000);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('knows the file that it noted, until anybody touches it', () => {
  expect(isKnownSound(file)).toBe(false);
  noteSound(file);
  expect(isKnownSound(file)).toBe(true);
  utimesSync(file, new Date(), new Date(Date.now() + 1000));
  expect(isKnownSound(file)).toBe(false);
  noteSound(file);
  truncateSync(file, 40_000_001);
  expect(isKnownSound(file)).toBe(false);
});

it.each(['-wal', '-journal'])('does not trust a database that was not closed in order: %s', (ending) => {
  noteSound(file);
  writeFileSync(`${file}${ending}`, 'left by a crash');
  expect(isKnownSound(file)).toBe(false);
});

it('does not take a copy for the file that was checked', () => {
  noteSound(file);
  const copy = path.join(folder, 'copy.sqlite');
  copyFileSync(file, copy);
  utimesSync(copy, new Date(), new Date(Date.now() + 1000));
  rmSync(file);
  copyFileSync(copy, file);
  expect(isKnownSound(file)).toBe(false);
});

it('has small ones checked each time', () => {
  truncateSync(file, 1000);
  noteSound(file);
  expect(isKnownSound(file)).toBe(false);
});
