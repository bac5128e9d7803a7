import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { addFiles, plainFile } from '../../../support/image-project.ts';
import { classPalette } from '../../../../src/core/class-palette.ts';
import {
  addClass,
  changeClass,
  type ClassLook,
  reorderClasses,
  retireClass,
  retiredClasses,
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

const reader = 'Ada';
const add = (name: string, look: ClassLook = {}) => addClass(session, { name, ...look, reader });
const change = (id: string, to: ClassLook & { name?: string }) => changeClass(session, id, { ...to, reader });
const reorder = (ids: string[]) => reorderClasses(session, ids, reader);
const retire = (id: string) => retireClass(session, id, reader);

const idOf = (name: string): string => session.projects.classNamed(name).id;
const look = () => session.projects.classes().map(({ name, color, key }) => [name, color, key]);
const schema = (): number => session.projects.classSchemaVersion();
const usage = (sentence: string) =>
  expect.objectContaining({ code: 'usage', message: expect.stringContaining(sentence) as string }) as Error;

/** One film with a label, without a file behind it. */
function labelFilm(className: string): void {
  const { imports } = session.writing();
  const rootId = imports.root('reference', '/films');
  addFiles(imports, [{ ...plainFile({ path: 'a.png' }), rootId, labels: [idOf(className)] }]);
}

it('gives new classes a colour and a key of their own', () => {
  add('unclear');
  expect(look()).toEqual([
    ['normal', classPalette[0], '1'],
    ['ill', classPalette[1], '2'],
    ['unclear', classPalette[2], '3'],
  ]);
});

it('takes the first free key and colour, and the wished ones', () => {
  change(idOf('normal'), { key: null, color: '#123456' });
  add('third');
  add('fourth', { key: 'x', color: '#abcdef' });
  expect(look().slice(2)).toEqual([
    ['third', classPalette[0], '1'],
    ['fourth', '#abcdef', 'x'],
  ]);
});

describe('refuses', () => {
  it('a name that differs in case only, naming the class, also with letters that SQLite folds not', () => {
    expect(() => add('NORMAL')).toThrow(usage('"normal"'));
    add('Öl');
    expect(() => change(idOf('ill'), { name: 'öL' })).toThrow(usage('"Öl"'));
    expect(() => change(idOf('ill'), { name: 'ILL' })).not.toThrow();
  });

  it('a key that another class has, naming it', () => {
    expect(() => change(idOf('ill'), { key: '1' })).toThrow(usage('The key 1 labels with "normal"'));
  });

  it('an order that leaves a class out or names one twice', () => {
    expect(() => reorder([idOf('ill')])).toThrow(usage('1 class of 2'));
    expect(() => reorder([idOf('ill'), idOf('ill')])).toThrow(usage('1 class of 2'));
  });

  it('a class that does not exist', () => {
    expect(() => change('c9', { key: '7' })).toThrow(
      expect.objectContaining({ code: 'unknownClass' }) as Error,
    );
  });

  it('to take a class out of use while an image has it as its label', () => {
    labelFilm('ill');
    expect(() => retire(idOf('ill'))).toThrow(usage('1 image has the label "ill"'));
  });

  it('any change in a project opened for reading', () => {
    const opened = openProjectForReading(folder);
    const refused = expect.objectContaining({ code: 'projectReadOnly' }) as Error;
    const { id } = opened.projects.classes()[0]!;
    expect(() => addClass(opened, { name: 'third', reader: 'Ada' })).toThrow(refused);
    expect(() => changeClass(opened, id, { key: null, reader: 'Ada' })).toThrow(refused);
    expect(() => reorderClasses(opened, [], 'Ada')).toThrow(refused);
    expect(() => retireClass(opened, id, 'Ada')).toThrow(refused);
    opened.close();
  });
});

it('keeps labels when a class is renamed: they hold its id', () => {
  labelFilm('ill');
  change(idOf('ill'), { name: 'pneumonia' });
  const [image] = session.interchange.images(0, 1);
  expect(session.projects.classNames().get(image!.record!.value.class!)).toBe('pneumonia');
});

it('raises the schema for names, order and membership, not for looks: those make no new dataset version', () => {
  const before = schema();
  change(idOf('ill'), { color: '#112233', key: 'q' });
  reorder([idOf('normal'), idOf('ill')]);
  expect(schema()).toBe(before);
  change(idOf('ill'), { name: 'sick' });
  reorder([idOf('sick'), idOf('normal')]);
  expect(look().map(([name]) => name)).toEqual(['sick', 'normal']);
  retire(idOf('sick'));
  add('other');
  expect(schema()).toBe(before + 4);
});

it('brings a retired class back under its name, and gives its key away meanwhile', () => {
  const id = idOf('ill');
  retire(id);
  expect(look()).toEqual([['normal', classPalette[0], '1']]);
  expect(session.projects.classNames().get(id)).toBe('ill');
  add('other');
  expect(() => change(idOf('other'), { name: 'Ill' })).toThrow(usage('was taken out of use'));
  add('ILL');
  expect(session.projects.classes().map((entry) => [entry.name, entry.key, entry.id === id])).toEqual([
    ['normal', '1', false],
    ['other', '2', false],
    ['ILL', '3', true],
  ]);
});

it('brings a class back as it looked, with its key unless another class took it', () => {
  change(idOf('ill'), { key: 'q', color: '#123456' });
  const id = idOf('ill');
  expect(retiredClasses(session)).toEqual([]);
  retire(id);
  expect(retiredClasses(session)).toMatchObject([{ id, name: 'ill', color: '#123456' }]);
  add('ill');
  expect(look()[1]).toEqual(['ill', '#123456', 'q']);
  expect(retiredClasses(session)).toEqual([]);
  retire(id);
  change(idOf('normal'), { key: 'q' });
  add('ill');
  expect(look()[1]).toEqual(['ill', '#123456', '1']);
});

it('swaps keys by way of none', () => {
  change(idOf('normal'), { key: null });
  change(idOf('ill'), { key: '1' });
  change(idOf('normal'), { key: '2' });
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
  reorder([idOf('ill'), idOf('normal')]);
  expect(look().map(([name, color]) => [name, color])).toEqual([
    ['ill', classPalette[1]],
    ['normal', classPalette[0]],
  ]);
});

it('does not do a class again whose key another class has by now', () => {
  const { journal } = session.writing();
  const actor = session.projects.readerNamed(reader, 'person').id;
  add('unclear');
  journal.undo(actor, '');
  addClass(session, { name: 'artefact', reader: 'Ben' });
  const before = look();
  expect(before.at(-1)).toEqual(['artefact', expect.any(String), '3']);
  expect(() => journal.redo(actor, '')).toThrow(expect.objectContaining({ code: 'changedSince' }) as Error);
  expect(look()).toEqual(before);
  changeClass(session, idOf('artefact'), { key: null, reader: 'Ben' });
  journal.redo(actor, '');
  expect(look().map(([name, , key]) => [name, key])).toContainEqual(['unclear', '3']);
});
