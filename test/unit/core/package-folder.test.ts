import { expect, it } from 'vitest';

import { packageFolderName, packageFolderPattern } from '../../../src/core/package-folder.ts';

const now = new Date('2026-03-01T12:00:05Z');
const run = '01a208a6-3f2b-7000-8000-00000000000a';
const whole = new RegExp(`^${packageFolderPattern.source}$`);

it('tells runs apart that were made within the same minute, by name and by id', () => {
  const names = [
    packageFolderName({ run, name: 'quick 2' }, now),
    packageFolderName({ run: '01a208a6-3f2c-7000-8000-00000000000b', name: 'quick 2' }, now),
  ];
  expect(names).toEqual(['quick-2-01a208a6-3f2b-20260301120005', 'quick-2-01a208a6-3f2c-20260301120005']);
});

it.each([
  ['Größe: 64 px / ×0.5', 'gr-e-64-px-0-5-01a208a6-3f2b-20260301120005'],
  ['胸部', '01a208a6-3f2b-20260301120005'],
  ['../..', '01a208a6-3f2b-20260301120005'],
  ['x'.repeat(200), `${'x'.repeat(40)}-01a208a6-3f2b-20260301120005`],
  ['a-'.repeat(100), `${'a-'.repeat(20)}01a208a6-3f2b-20260301120005`],
])('is a plain name that the media route takes, whatever the run is called: %s', (name, folder) => {
  expect(packageFolderName({ run, name }, now)).toBe(folder);
  expect(folder).toMatch(whole);
});

it('takes packages made before, and no folder of labels', () => {
  expect('01a208a6-20260301120005').toMatch(whole);
  expect('labels-yolo-20260301120005').not.toMatch(whole);
});
