import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { classPalette } from '../../../../src/core/class-palette.ts';
import {
  addClass,
  changeClass,
  reorderClasses,
  retireClass,
} from '../../../../src/engine/project/classes.ts';
import {
  createProject,
  openProject,
  openProjectForReading,
  type ProjectSession,
} from '../../../../src/engine/project/session.ts';

const options = { program: 'test', lockWaitMs: 0 };
let folder: string;
let session: ProjectSession;

beforeEach(async () => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'readroom-classes-')), 'project');
  session = await createProject({ path: folder, classes: ['normal', 'ill'] }, options);
});
afterEach(() => {
  session.close();
  rmSync(path.dirname(folder), { recursive: true });
});

const idOf = (name: string): string => session.projects.classNamed(name).id;
const look = () => session.projects.classes().map(({ name, color, key }) => [name, color, key]);
const schema = (): number => session.projects.classSchemaVersion();
const usage = (sentence: string) =>
  expect.objectContaining({ code: 'usage', message: expect.stringContaining(sentence) as string }) as Error;

/** One film with a label, without a file behind it. */
function labelFilm(className: string): void {
  const { imports } = session.writing();
  const hash = 'ab'.repeat(32);
  const facts = {
    ...{ format: 'png' as const, width: 1, height: 1, channels: 1 as const, bitDepth: 8 as const },
    ...{ byteSha256: hash, pixelSha256: hash, sizeBytes: 1, generated: false, warnings: [] },
    ...{ mean: 0, deviation: 0, sharpness: 0, differenceHash: '0'.repeat(64) },
  };
  const rootId = imports.root('reference', '/films');
  imports.add([
    { rootId, relativePath: 'a.png', facts, patientKey: null, part: null, classId: idOf(className) },
  ]);
}

it('gives new classes a colour and a key of their own', () => {
  addClass(session, 'unclear', {});
  expect(look()).toEqual([
    ['normal', classPalette[0], '1'],
    ['ill', classPalette[1], '2'],
    ['unclear', classPalette[2], '3'],
  ]);
});

it('takes the first free key and colour, and the wished ones', () => {
  changeClass(session, idOf('normal'), { key: null, color: '#123456' });
  addClass(session, 'third', {});
  addClass(session, 'fourth', { key: 'x', color: '#abcdef' });
  expect(look().slice(2)).toEqual([
    ['third', classPalette[0], '1'],
    ['fourth', '#abcdef', 'x'],
  ]);
});

describe('refuses', () => {
  it('a name that differs in case only, naming the class, also with letters that SQLite folds not', () => {
    expect(() => addClass(session, 'NORMAL', {})).toThrow(usage('"normal"'));
    addClass(session, 'Öl', {});
    expect(() => changeClass(session, idOf('ill'), { name: 'öL' })).toThrow(usage('"Öl"'));
    expect(() => changeClass(session, idOf('ill'), { name: 'ILL' })).not.toThrow();
  });

  it('a key that another class has, naming it', () => {
    expect(() => changeClass(session, idOf('ill'), { key: '1' })).toThrow(
      usage('The key 1 labels with "normal"'),
    );
  });

  it('an order that leaves a class out or names one twice', () => {
    expect(() => reorderClasses(session, [idOf('ill')])).toThrow(usage('1 class of 2'));
    expect(() => reorderClasses(session, [idOf('ill'), idOf('ill')])).toThrow(usage('1 class of 2'));
  });

  it('a class that does not exist', () => {
    expect(() => changeClass(session, 'c9', { key: '7' })).toThrow(
      expect.objectContaining({ code: 'unknownClass' }) as Error,
    );
  });

  it('to take a class out of use while an image has it as its label', () => {
    labelFilm('ill');
    expect(() => retireClass(session, idOf('ill'))).toThrow(usage('1 image has the label "ill"'));
  });

  it('any change in a project opened for reading', () => {
    const reader = openProjectForReading(folder);
    const refused = expect.objectContaining({ code: 'projectReadOnly' }) as Error;
    const { id } = reader.projects.classes()[0]!;
    expect(() => addClass(reader, 'third', {})).toThrow(refused);
    expect(() => changeClass(reader, id, { key: null })).toThrow(refused);
    expect(() => reorderClasses(reader, [])).toThrow(refused);
    expect(() => retireClass(reader, id)).toThrow(refused);
    reader.close();
  });
});

it('keeps labels when a class is renamed: they hold its id', () => {
  labelFilm('ill');
  changeClass(session, idOf('ill'), { name: 'pneumonia' });
  expect(session.dataset.rows(0, 1).rows[0]!.label).toBe('pneumonia');
});

it('raises the schema for names, order and membership, not for looks: those make no new dataset version', () => {
  const before = schema();
  changeClass(session, idOf('ill'), { color: '#112233', key: 'q' });
  reorderClasses(session, [idOf('normal'), idOf('ill')]);
  expect(schema()).toBe(before);
  changeClass(session, idOf('ill'), { name: 'sick' });
  reorderClasses(session, [idOf('sick'), idOf('normal')]);
  expect(look().map(([name]) => name)).toEqual(['sick', 'normal']);
  retireClass(session, idOf('sick'));
  addClass(session, 'other', {});
  expect(schema()).toBe(before + 4);
});

it('brings a retired class back under its name, and gives its key away meanwhile', () => {
  const id = idOf('ill');
  retireClass(session, id);
  expect(look()).toEqual([['normal', classPalette[0], '1']]);
  expect(session.projects.classNames().get(id)).toBe('ill');
  addClass(session, 'other', {});
  expect(() => changeClass(session, idOf('other'), { name: 'Ill' })).toThrow(usage('was taken out of use'));
  addClass(session, 'ILL', {});
  expect(session.projects.classes().map((entry) => [entry.name, entry.key, entry.id === id])).toEqual([
    ['normal', '1', false],
    ['other', '2', false],
    ['ILL', '3', true],
  ]);
});

it('swaps keys by way of none', () => {
  changeClass(session, idOf('normal'), { key: null });
  changeClass(session, idOf('ill'), { key: '1' });
  changeClass(session, idOf('normal'), { key: '2' });
  expect(look().map(([name, , key]) => [name, key])).toEqual([
    ['normal', '2'],
    ['ill', '1'],
  ]);
});

it('shows classes without a colour in those of their places, and keeps them when classes move', async () => {
  session.close();
  const database = new Database(path.join(folder, 'project.sqlite'));
  database.exec("UPDATE class SET color = ''");
  database.close();
  session = await openProject(folder, options);
  expect(look().map(([, color]) => color)).toEqual([classPalette[0], classPalette[1]]);
  reorderClasses(session, [idOf('ill'), idOf('normal')]);
  expect(look().map(([name, color]) => [name, color])).toEqual([
    ['ill', classPalette[1]],
    ['normal', classPalette[0]],
  ]);
});
