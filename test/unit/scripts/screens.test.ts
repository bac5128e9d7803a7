import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';

import {
  screensAreFresh,
  screensStampFile,
  sourcesFingerprint,
} from '../../../scripts/setup/screens-stamp.mjs';

let root: string;
const file = (name: string): string => path.join(root, name);

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'screens-'));
  for (const folder of ['docs/guide', 'src/renderer', 'src/engine', 'scripts/setup', 'out'])
    mkdirSync(file(folder), { recursive: true });
  for (const name of [
    'src/renderer/App.vue',
    'src/engine/router.ts',
    'package.json',
    'package-lock.json',
    'vite.main.config.ts',
    'vite.renderer.config.ts',
    'scripts/setup/screens.ts',
    'scripts/setup/screens-stamp.mjs',
  ]) {
    writeFileSync(file(name), `// ${name}\n`);
  }
  writeFileSync(screensStampFile(file('out')), JSON.stringify(sourcesFingerprint(root)));
});

test('what was built would be built again at each start', () => {
  expect(screensAreFresh(root)).toBe(true);
});

test.each([
  ['changed', (): void => writeFileSync(file('src/renderer/App.vue'), '// src/renderer/App.vuE\n')],
  ['added', (): void => writeFileSync(file('src/engine/new.sql'), '')],
  ['removed', (): void => rmSync(file('src/engine/router.ts'))],
])('the screens of yesterday would be shown: a source was %s', (_how, change) => {
  change();
  expect(screensAreFresh(root)).toBe(false);
});

test('other packages would be shown with the screens built from the old ones', () => {
  writeFileSync(file('package-lock.json'), '{"lockfileVersion":3}');
  expect(screensAreFresh(root)).toBe(false);
});

test('a checkout that changed no byte would be built again, or compared byte for byte at each start', () => {
  utimesSync(file('src/renderer/App.vue'), new Date(), new Date());
  const before = readFileSync(screensStampFile(file('out')), 'utf8');
  expect(screensAreFresh(root)).toBe(true);
  const after = readFileSync(screensStampFile(file('out')), 'utf8');
  expect(after).not.toBe(before);
  expect(JSON.parse(after)).toEqual(sourcesFingerprint(root));
});

test('a build that was broken off would be taken for whole', () => {
  rmSync(screensStampFile(file('out')));
  expect(screensAreFresh(root)).toBe(false);
  writeFileSync(screensStampFile(file('out')), '{"quick":');
  expect(screensAreFresh(root)).toBe(false);
});
