import { expect, it } from 'vitest';

import type { FolderListing } from '../../../../src/contract/system.ts';
import { choiceOf, fileOf, type WantedPath } from '../../../../src/renderer/ui/path-choice.ts';

const entry = (name: string, kind: 'folder' | 'project' | 'file') => ({
  ...{ name, path: `/films/${name}`, kind, sizeBytes: null },
});
const listing: FolderListing = {
  path: '/films',
  parent: '/',
  entries: [entry('old', 'folder'), entry('chest', 'project'), entry('a.png', 'file')],
  truncated: false,
  places: [],
};
const choice = (wanted: WantedPath, selected: string[], typed = '/films', failed = false): string[] =>
  choiceOf(wanted, { listing, selected, typed, failed });

it('never gives a folder where a picture is wanted', () => {
  expect(choice('filesAlone', [])).toEqual([]);
  expect(choice('filesAlone', ['/films/old'])).toEqual([]);
  expect(choice('filesAlone', ['/films/a.png', '/films/chest'])).toEqual([]);
  expect(choice('filesAlone', ['/films/a.png'])).toEqual(['/films/a.png']);
  expect(choice('filesAlone', [], '/films/far.png')).toEqual(['/films/far.png']);
});

it('finds the folder of a path that may be a file’s', () => {
  expect(fileOf('/films/labels.csv ')).toEqual({ folder: '/films/', name: 'labels.csv' });
  expect(fileOf('~/labels.csv')).toEqual({ folder: '~/', name: 'labels.csv' });
  expect(fileOf('/labels.csv')).toEqual({ folder: '/', name: 'labels.csv' });
  expect(fileOf('/films/')).toBeNull();
  expect(fileOf('labels.csv')).toBeNull();
});

it('gives the folder shown where folders are taken', () => {
  expect(choice('folder', [])).toEqual(['/films']);
  expect(choice('files', [])).toEqual(['/films']);
  expect(choice('files', ['/films/old', '/films/a.png'])).toEqual(['/films/old', '/films/a.png']);
});

it('gives a project only, and what is not there yet as a new folder only', () => {
  expect(choice('project', ['/films/old'])).toEqual([]);
  expect(choice('project', ['/films/chest'])).toEqual(['/films/chest']);
  expect(choice('project', [], '/films/gone', true)).toEqual([]);
  expect(choice('folder', [], '/films/new', true)).toEqual(['/films/new']);
  expect(choice('folder', [], '')).toEqual([]);
});
