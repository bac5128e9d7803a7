import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, test } from 'vitest';

import { makeFolder } from '../../../src/files/make-folder.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'make-folder-'));

test('a project in a folder of folders that are not there yet could not be made', () => {
  makeFolder(path.join(folder, 'a/b/c'));
  makeFolder(path.join(folder, 'a/b/c'));
  expect(existsSync(path.join(folder, 'a/b/c'))).toBe(true);
});

test.skipIf(process.platform !== 'linux')('a folder below /proc would hang the engine for ever', () => {
  expect(() => makeFolder('/proc/readroom/project')).toThrow(/ENOENT/);
});

test('a file in the way would pass for a folder', () => {
  writeFileSync(path.join(folder, 'file'), '');
  expect(() => makeFolder(path.join(folder, 'file/project'))).toThrow(/ENOTDIR/);
});
