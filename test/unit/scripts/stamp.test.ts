import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

import { firstDifference, reasonToInstall } from '../../../scripts/setup/packages.mjs';
import {
  cacheFolder,
  missingParts,
  readStamp,
  setupVersion,
  stampFile,
  updateStamp,
  wishedVariant,
} from '../../../scripts/setup/places.mjs';

const nowMs = Date.parse('2026-11-22T12:00:00Z');
const step = (ok: boolean, hoursAgo = 0) => ({
  ok,
  reason: '',
  at: new Date(nowMs - hoursAgo * 3_600_000).toISOString(),
});
const whole = {
  setupVersion,
  lockSha256: 'a',
  tensorflowWish: null,
  tensorflow: { ...step(true), binding: '/cache/tfjs_binding.node', variant: 'cpu' as const },
  electron: step(false),
  browser: step(true),
};
const now = {
  parts: ['packages', 'tensorflow', 'electron', 'browser'],
  lockSha256: 'a',
  tensorflowWish: null,
  tensorflowVariant: 'cpu' as const,
  nowMs,
  exists: () => true,
};

test('a finished set-up would run again on each start, a failed Electron included', () => {
  expect(missingParts(whole, now)).toEqual([]);
});

test('changed packages would go unnoticed after a pull', () => {
  expect(missingParts(whole, { ...now, lockSha256: 'b' })).toEqual(now.parts);
  expect(missingParts(null, now)).toEqual(now.parts);
});

test('a removed cache would leave a dangling link in other clones', () => {
  expect(missingParts(whole, { ...now, exists: () => false })).toEqual(['tensorflow']);
});

test('READROOM_TENSORFLOW set after the set-up would be ignored', () => {
  expect(missingParts(whole, { ...now, tensorflowWish: '/opt/tensorflow' })).toEqual(['tensorflow']);
});

test('another clone set up for the GPU would leave this one on the CPU without a word', () => {
  expect(missingParts(whole, { ...now, tensorflowVariant: 'gpu' })).toEqual(['tensorflow']);
  const cache = mkdtempSync(path.join(tmpdir(), 'wish-'));
  expect(wishedVariant(cache)).toBe('cpu');
  writeFileSync(path.join(cache, 'wish'), 'gpu\n');
  expect(wishedVariant(cache)).toBe('gpu');
});

test('a failed download would be tried on each start, or never again', () => {
  const failed = (hoursAgo: number) => ({
    ...whole,
    tensorflow: { ...step(false, hoursAgo), binding: null, variant: 'cpu' as const },
  });
  expect(missingParts(failed(1), now)).toEqual([]);
  expect(missingParts(failed(25), now)).toEqual(['tensorflow']);
});

test('a stamp cut short by a crash, or by an older set-up, would be believed', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'stamp-'));
  mkdirSync(path.join(root, 'node_modules'));
  expect(readStamp(root)).toBeNull();
  updateStamp(root, { lockSha256: 'a' });
  updateStamp(root, { browser: step(true) });
  expect(readStamp(root)).toMatchObject({ lockSha256: 'a', browser: { ok: true }, tensorflow: null });
  writeFileSync(stampFile(root), '{"setupVersion": 1, "lockSh');
  expect(readStamp(root)).toBeNull();
  writeFileSync(stampFile(root), JSON.stringify({ ...whole, setupVersion: setupVersion - 1 }));
  expect(readStamp(root)).toBeNull();
});

test('packages that npm did install would be installed again, and missing ones taken for there', () => {
  const locked = {
    '': {},
    'node_modules/a': { version: '1.0.0', integrity: 'x' },
    'node_modules/b-windows': { version: '1.0.0', integrity: 'y', optional: true },
  };
  const { 'node_modules/a': a } = locked;
  expect(firstDifference(locked, { 'node_modules/a': a })).toBeNull();
  expect(firstDifference(locked, {})).toContain('node_modules/a is missing');
  expect(firstDifference(locked, { 'node_modules/a': { ...a, version: '0.9.0' } })).toContain('0.9.0');
});

test('an interrupted npm ci, which leaves folders but no list of its own, would be taken for whole', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'packages-'));
  mkdirSync(path.join(root, 'node_modules/some-package'), { recursive: true });
  writeFileSync(path.join(root, 'package-lock.json'), '{"packages":{}}');
  expect(reasonToInstall(root)).not.toBeNull();
  writeFileSync(path.join(root, 'node_modules/.package-lock.json'), '{"packages":{}}');
  expect(reasonToInstall(root)).toBeNull();
});

test('a relative XDG_CACHE_HOME, which its standard says to ignore, would scatter caches', () => {
  expect(cacheFolder({ XDG_CACHE_HOME: 'here', HOME: '/home/a' }, 'linux')).toBe('/home/a/.cache/readroom');
  expect(cacheFolder({ XDG_CACHE_HOME: '/cache', HOME: '/home/a' }, 'linux')).toBe('/cache/readroom');
});

test('screens of other sources than these would be shown', () => {
  const parts = [...now.parts, 'screens'];
  expect(missingParts(whole, { ...now, parts, screensAreFresh: () => false })).toEqual(['screens']);
  expect(missingParts(whole, { ...now, parts, screensAreFresh: () => true })).toEqual([]);
});
