import { expect, test } from 'vitest';

import { isPermissive, licenceProblems } from '../../../scripts/licences.ts';
import { withoutPaths } from '../../../scripts/prove/lib/record.ts';
import { repositoryFolder } from '../../../scripts/setup/places.mjs';
import { closingLine, countTests } from '../../../scripts/test-counts.ts';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((one) => ({ status: one })),
});

test('a test file that does not load would count as nothing', () => {
  const counts = countTests(
    { testResults: [file('passed', 'passed', 'pending', 'todo'), file('failed')] },
    false,
  );
  expect(closingLine(counts)).toBe('1 passed, 1 failed, 2 skipped');
});

test('a run that crashed, or failed in no test, would look like a success', () => {
  expect(closingLine(countTests(null, false))).toBe('0 passed, 1 failed, 0 skipped');
  expect(countTests({ testResults: [file('passed', 'passed')] }, false).failed).toBe(1);
  expect(countTests({ testResults: [file('passed', 'passed')] }, true).failed).toBe(0);
});

test('a copyleft package would ship because its licence is one of several words', () => {
  expect(isPermissive('(MIT OR GPL-3.0)')).toBe(true);
  expect(isPermissive('MIT AND GPL-3.0')).toBe(false);
  expect(isPermissive('AGPL-3.0-only')).toBe(false);
  const libvips = { name: '@img/sharp-libvips-linux-x64', version: '1', licence: 'LGPL-3.0-or-later' };
  expect(licenceProblems([libvips])).toEqual([]);
  expect(licenceProblems([{ ...libvips, name: 'other' }])).toHaveLength(1);
});

test('a proof would carry the folders of the machine it ran on', () => {
  expect(withoutPaths(`${repositoryFolder}src/cli/main.ts failed`)).toBe('<clone>/src/cli/main.ts failed');
});
