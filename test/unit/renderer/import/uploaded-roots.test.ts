import { expect, test } from 'vitest';

import { sourceName, uploadedRoots } from '../../../../src/renderer/features/import/uploaded-roots.ts';

const incoming = '/project/incoming/1';
const dropped = (...names: string[]) =>
  names.map((relativePath) => ({ file: new File([], relativePath), relativePath }));
const sent = (...names: string[]) => names.map((name) => `${incoming}/${name}`);

test('one dropped folder would be taken for the one class of all images in it', () => {
  const names = ['pics/left/P1/a.png', 'pics/right/P2/b.png'];
  expect(uploadedRoots(dropped(...names), sent(...names), incoming)).toEqual([`${incoming}/pics`]);
});

test('two dropped class folders would be two imports without classes', () => {
  const names = ['left/a.png', 'right/b.png'];
  expect(uploadedRoots(dropped(...names), sent(...names), incoming)).toEqual([incoming]);
});

test('a file beside the folder, or a table, would be lost', () => {
  const names = ['pics/left/a.png', 'pics/right/b.png', 'note.png', 'labels.csv'];
  expect(uploadedRoots(dropped(...names), sent(...names), incoming)).toEqual([
    `${incoming}/labels.csv`,
    `${incoming}/pics`,
    `${incoming}/note.png`,
  ]);
  expect(uploadedRoots(dropped('labels.csv'), sent('labels.csv'), incoming)).toEqual([
    `${incoming}/labels.csv`,
  ]);
});

test('what was sent is called as it was where it came from', () => {
  const upload = '997e0b1f-1111-4222-8333-444444444444';
  const name = (source: string): string => sourceName(source, [upload]);
  expect(name(`/project/incoming/${upload}/own`)).toBe('own');
  expect(name(`/project/incoming/${upload}`)).toBe('Dropped folders');
  expect(name('/data/films/train')).toBe('films/train');
  expect(name('C:\\films\\a\u202eb.png')).toBe('films/a\ufffdb.png');
});
