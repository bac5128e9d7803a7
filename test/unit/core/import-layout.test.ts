import { describe, expect, it } from 'vitest';

import { ReadroomError } from '../../../src/contract/errors.ts';
import {
  type Layout,
  type LayoutOptions,
  partNamed,
  patientPattern,
  previewPatients,
  readLayout,
} from '../../../src/core/import-layout.ts';

const defaults: LayoutOptions = { labels: 'auto', patient: null, splitFrom: null };

function read(
  paths: readonly string[],
  options: Partial<LayoutOptions> = {},
  sourceName = 'data',
  inArchive = false,
): Layout {
  return readLayout(
    paths.map((path) => ({ path, sourceName, inArchive })),
    { ...defaults, ...options },
  );
}

const classesOf = ({ places }: Layout): (string | null)[] => places.map(({ className }) => className);
const patientsOf = ({ places }: Layout): (string | null)[] => places.map(({ patient }) => patient);

describe('parts', () => {
  it.each([
    ['train', 'train'],
    ['TRAINING', 'train'],
    ['Val', 'val'],
    ['valid', 'val'],
    ['validation', 'val'],
    ['test', 'test'],
    ['Testing', 'test'],
    ['holdout', 'test'],
    ['trainer', null],
    ['constructor', null],
    ['', null],
  ])('%s means %s', (folder, part) => {
    expect(partNamed(folder)).toBe(part);
  });

  it('come from the first level, classes from the next', () => {
    const { places, warnings } = read(
      ['train/NORMAL/1.png', 'Test/PNEUMONIA/sub/2.png', 'val/NORMAL/3.png'],
      { splitFrom: 'folder' },
    );
    expect(places).toEqual([
      { part: 'train', className: 'NORMAL', patient: null },
      { part: 'test', className: 'PNEUMONIA', patient: null },
      { part: 'val', className: 'NORMAL', patient: null },
    ]);
    expect(warnings).toEqual([]);
  });

  it("come from the source's own folder when its levels name none", () => {
    expect(read(['0/a.png', '1/b.png'], { splitFrom: 'folder' }, 'Testing').places).toEqual([
      { part: 'test', className: '0', patient: null },
      { part: 'test', className: '1', patient: null },
    ]);
  });

  it('are found below a folder that wraps everything, as archives have it', () => {
    expect(read(['chest/train/a/1.png', 'chest/test/b/2.png'], { splitFrom: 'folder' }).places).toEqual([
      { part: 'train', className: 'a', patient: null },
      { part: 'test', className: 'b', patient: null },
    ]);
  });

  it('stay unknown for images beside the part folders', () => {
    const { places } = read(['train/a/1.png', 'train/b/2.png', 'extra/a/3.png'], {
      splitFrom: 'folder',
    });
    expect(places[2]!.part).toBeNull();
  });

  it('are never taken as classes when they were not asked for', () => {
    const layout = read(['train/a/1.png', 'train/b/2.png', 'test/a/3.png']);
    expect(classesOf(layout)).toEqual(['a', 'b', 'a']);
    expect(layout.places.every(({ part }) => part === null)).toBe(true);
    expect(layout.warnings.join()).toContain('train and test look like parts of a split');
    expect(layout.warnings.join()).toContain('--split-from folder');
  });
});

describe('classes', () => {
  it('auto does not take folders for classes that are named as patients are', () => {
    const paths = ['P001/1.dcm', 'P002/1.dcm', 'P003/ser 1/1.dcm', 'extra/1.dcm'].map((path) => ({
      path,
      sourceName: 'disc',
    }));
    const layout = readLayout(paths, defaults);
    expect(layout.labelled).toBe(false);
    expect(layout.warnings.join(' ')).toContain('look like patients');
    expect(readLayout(paths, { ...defaults, labels: 'folder' }).places[0]!.className).toBe('P001');
    const grades = ['grade 1/1.png', 'grade 2/1.png'].map((path) => ({ path, sourceName: 'hands' }));
    expect(readLayout(grades, defaults).labelled).toBe(true);
  });

  it('folders that were asked for as classes are said to look like patients', () => {
    const warned = (paths: string[], labels: 'folder' | 'auto' = 'folder'): string =>
      read(paths, { labels }).warnings.join(' ');
    expect(warned(['P0001/1.png', 'P0001/2.png', 'P0002/1.png'])).toContain(
      'The 2 folders P0001 and P0002 were taken as classes and look like patients or studies.',
    );
    const people = Array.from({ length: 19 }, (_, index) => `${String.fromCharCode(97 + index)}/1.png`);
    expect(warned(people)).toContain('The 19 folders a, b, c, d, e and 14 more were taken as classes');
    expect(warned(people.flatMap((path) => Array.from({ length: 6 }, (_, n) => `${path}${n}.png`)))).toBe('');
    expect(warned(['grade 1/1.png', 'grade 2/1.png'])).toBe('');
  });

  it('auto takes folders only when there are two or more', () => {
    expect(read(['a/1.png', 'b/2.png']).labelled).toBe(true);
    expect(read(['a/1.png', 'a/2.png'])).toMatchObject({
      labelled: false,
      places: [{ className: null }, { className: null }],
    });
    expect(read(['1.png', '2.png']).labelled).toBe(false);
  });

  it('folder takes a single one too, and none takes none', () => {
    expect(classesOf(read(['a/1.png'], { labels: 'folder' }))).toEqual(['a']);
    expect(classesOf(read(['a/1.png', 'b/2.png'], { labels: 'none' }))).toEqual([null, null]);
  });

  it('a source that is itself a class folder names the class of its files', () => {
    expect(classesOf(read(['1.png', '2.png'], { labels: 'folder' }, 'PNEUMONIA'))).toEqual([
      'PNEUMONIA',
      'PNEUMONIA',
    ]);
  });

  it('a file beside class folders, or in a part folder, has no label: the source is no class then', () => {
    const beside = read(['a/1.png', 'b/2.png', 'overview.png']);
    expect(classesOf(beside)).toEqual(['a', 'b', null]);
    expect(classesOf(read(['1.png'], { labels: 'folder', splitFrom: 'folder' }, 'train'))).toEqual([null]);
  });

  it('are looked for below the one folder that an archive wraps around them', () => {
    const inside = ['digits/0/a.png', 'digits/1/b.png'];
    expect(classesOf(read(inside, { labels: 'folder' }, 'digits', true))).toEqual(['0', '1']);
    expect(classesOf(read(inside, { labels: 'folder' }, 'data', false))).toEqual(['digits', 'digits']);
  });

  it('a folder name that cannot be a class leaves its images unlabelled', () => {
    const layout = read([`${'x'.repeat(101)}/1.png`, 'ok/2.png', ' padded /3.png', 'new\nline/4.png']);
    expect(classesOf(layout)).toEqual([null, 'ok', 'padded', null]);
    expect(layout.warnings[0]).toContain('2 folder names cannot be class names');
  });
});

describe('patients from folders', () => {
  it('are the level below the class', () => {
    const layout = read(['train/a/p1/1.png', 'train/b/p2/deep/2.png', 'test/a/3.png'], {
      splitFrom: 'folder',
      patient: { from: 'folder' },
    });
    expect(patientsOf(layout)).toEqual(['p1', 'p2', null]);
  });

  it('are the first level when labels do not come from folders', () => {
    expect(
      patientsOf(read(['p1/1.png', 'p2/x/2.png', '3.png'], { labels: 'none', patient: { from: 'folder' } })),
    ).toEqual(['p1', 'p2', null]);
    expect(
      patientsOf(
        read(['test/p1/1.png'], { labels: 'none', splitFrom: 'folder', patient: { from: 'folder' } }),
      ),
    ).toEqual(['p1']);
  });
});

describe('patients from a pattern', () => {
  it.each([
    ['(?<patient>p\\d+)_(\\d+)', 'x/p12_3.png', 'p12'],
    ['_(\\d+)\\.', 'x/p12_3.png', '3'],
    ['p\\d+', 'x/p12_3.png', 'p12'],
    ['^x/', 'y/x/1.png', null],
    ['(z)?p', 'p', null],
    ['^', 'p', null],
    ['\\p{Lu}+', 'ÄÖ-1.png', 'ÄÖ'],
    ['a\\_b', 'a_b', 'a_b'],
  ])('%s on %s finds %s', (pattern, path, patient) => {
    expect(patientPattern(pattern)(path)).toBe(patient);
  });

  it('give none where they do not match', () => {
    const layout = read(['p1.png', 'q.png'], { patient: { from: 'regex', pattern: 'p\\d' } });
    expect(patientsOf(layout)).toEqual(['p1', null]);
  });

  it('matches the name of the file first, so that ^ works below class folders', () => {
    const layout = read(['sick/P1_a.png', 'P2/b.png'], { patient: { from: 'regex', pattern: '^(P\\d)' } });
    expect(patientsOf(layout)).toEqual(['P1', 'P2']);
  });

  it('refuses what is no regular expression', () => {
    try {
      read(['a.png'], { patient: { from: 'regex', pattern: '(unclosed' } });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ReadroomError);
      expect((error as ReadroomError).code).toBe('badPattern');
      expect((error as ReadroomError).message).toContain('(unclosed');
    }
  });

  it('shows beforehand what an import will find, and what is wrong with a pattern', () => {
    const files = ['sick/P1_a.png', 'P2/b.png', 'c.png'];
    const pattern = '^(P\\d)';
    const layout = read(files, { patient: { from: 'regex', pattern } });
    expect(previewPatients(files, pattern)).toEqual({ ok: true, patients: patientsOf(layout) });
    expect(previewPatients(files, '(')).toMatchObject({
      ok: false,
      message: expect.stringContaining('is not a regular expression') as string,
      hint: expect.stringContaining('such as') as string,
    });
  });

  it('does not match paths of absurd length', () => {
    expect(patientPattern('a')('a'.repeat(5000))).toBeNull();
  });
});

it('no images give an empty layout', () => {
  expect(read([], { labels: 'folder', splitFrom: 'folder', patient: { from: 'folder' } })).toMatchObject({
    places: [],
    warnings: [],
  });
});
