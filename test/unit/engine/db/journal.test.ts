import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Journal } from '../../../../src/engine/db/journal.ts';
import { classValueText } from '../../../../src/engine/db/class-states.ts';
import type { Target } from '../../../../src/engine/db/journal-keepers.ts';
import type { StoredRound } from '../../../../src/engine/db/round-repository.ts';
import type { StoredValue } from '../../../../src/engine/db/stored-value.ts';
import { images, type JournalProject, openJournalProject, study } from '../../../support/journal-project.ts';

let project: JournalProject;
let journal: Journal;
let a: string;
let b: string;
let c: string;
let ada: string;
let ben: string;
const three: Target[] = images.slice(0, 3).map((id) => ({ kind: 'image', id }));
const first = three[0]!;

beforeEach(() => {
  project = openJournalProject();
  ({ journal } = project);
  [a, b, c] = project.classes as [string, string, string];
  [ada, ben] = [project.person('Ada'), project.person('Ben')];
  const imports = project.projects.readerNamed('import', 'import').id;
  journal.set(
    three.map((target) => ({ target, to: { class: c } })),
    { actor: imports, round: '' },
  );
});
afterEach(() => project.close());

const row = (sql: string, ...values: string[]): unknown =>
  project.database.handle
    .prepare(sql)
    .pluck()
    .get(...values);
const record = (image: string): unknown =>
  row('SELECT class_id FROM record WHERE image_id = ?', image) ?? null;
/** Sets words of a person as one action. */
const say = (reader: string, to: StoredValue | null, targets: readonly Target[] = [first], round = '') =>
  journal.set(
    targets.map((target) => ({ target, to })),
    { actor: reader, round },
  );
const classValue = (id: string, change: object): object => {
  const found = project.projects.allClasses().find((entry) => entry.id === id)!;
  return { ...(JSON.parse(classValueText({ ...found })) as object), ...change };
};
/** An import by Ben that brought i1; returns its batch. */
function importOne(): string {
  project.database.handle.exec("UPDATE image SET import_id = 'one' WHERE id = 'i1'");
  const action = { actor: ben, round: '', batch: 'import' };
  journal.set([{ target: { kind: 'import', id: 'one' }, to: { what: '1 image' } }], action);
  return action.batch;
}
/** Opens a round of Ben's. @param worklists images by reader */
function openRound(id: string, worklists: Record<string, string[]>): void {
  const round: StoredRound = {
    ...{
      name: id,
      assignment: { kind: 'all' },
      kind: 'single',
      level: 'image',
      seed: 1,
      washoutDays: 0,
      openedAt: '2026-01-01',
    },
    worklists: Object.entries(worklists).map(([reader, list]) => ({ reader, images: list })),
  };
  journal.set([{ target: { kind: 'round', id }, to: round }], { actor: ben, round: '' });
}
const mergeInto = (heir: string, id: string) =>
  journal.set(
    [{ target: { kind: 'class', id }, to: classValue(id, { retiredAt: '2026-01-01', key: null, heir }) }],
    { actor: ben, round: '' },
  );

it("makes a person's label the label of record and falls back to the imported one on undo", () => {
  say(ada, { class: a });
  expect(record('i1')).toBe(a);
  journal.undo(ada, '');
  expect(record('i1')).toBe(c);
});

it('undoes a bulk action as one and never reaches another reader', () => {
  say(ada, { class: a }, three);
  say(ben, { class: b }, [three[1]!]);
  expect(journal.undo(ada, '').events).toHaveLength(3);
  expect(['i1', 'i2', 'i3'].map(record)).toEqual([c, b, c]);
  expect(() => journal.undo(ada, '')).toThrow(expect.objectContaining({ code: 'nothingToUndo' }));
});

it('keeps every event for ever', () => {
  say(ada, { class: a });
  journal.undo(ada, '');
  expect(project.reading.history('i1').map(({ kind }) => kind)).toEqual(['set', 'set', 'undo']);
  const { handle } = project.database;
  expect(() => handle.exec("UPDATE event SET kind = 'redo'")).toThrow('append-only');
  expect(() => handle.exec('DELETE FROM event')).toThrow('append-only');
});

it('makes no label of record of a word that only skips or comments, and keeps whether one is unsure', () => {
  const isUnsure = () => row('SELECT unsure FROM record WHERE image_id = ?', 'i1');
  say(ada, { skipped: true });
  expect(record('i1')).toBe(c);
  say(ada, { class: a, unsure: true });
  expect([record('i1'), isUnsure()]).toEqual([a, 1]);
  say(ada, { comment: 'see tomorrow' });
  expect([record('i1'), isUnsure()]).toEqual([c, 0]);
});

it('falls back to the newest of several other persons, not to the first', () => {
  const eve = project.person('Eve');
  say(ben, { class: b });
  say(ada, { class: a });
  say(eve, { class: b });
  journal.undo(eve, '');
  expect(record('i1')).toBe(a);
});

it('does not take a comment, a mark or an undo for a newer label', () => {
  say(ada, { class: a });
  say(ben, { class: b });
  say(ada, { class: a, bookmarked: true, comment: 'look' });
  expect(record('i1')).toBe(b);
  say(ada, { class: c });
  expect(record('i1')).toBe(c);
  journal.undo(ada, '');
  expect(record('i1')).toBe(b);
  journal.redo(ada, '');
  expect(record('i1')).toBe(c);
});

it('gives no event where nothing changes, but one where a label wins over a newer one of another person', () => {
  const word = (reader: string, round = '') =>
    journal.changeWords(three, () => ({ class: a }), { actor: reader, round });
  const before = word(ada);
  expect(before.appended).toHaveLength(3);
  const again = word(ada);
  expect([again.appended, again.first?.event]).toEqual([[], before.appended[0]!.event]);
  say(ben, { class: b }, [three[1]!]);
  expect(word(ada).appended.map(({ target }) => target.id)).toEqual(['i2']);
  expect(record('i2')).toBe(a);
  journal.undo(ada, '');
  expect(record('i2')).toBe(b);
  // What others say outside of a round is nothing to it.
  expect(word(ada, 'r1').appended).toHaveLength(3);
  say(ben, { class: b }, three, 'r1');
  expect(word(ada, 'r1').appended).toEqual([]);
});

it('numbers the events of one action without gaps, each clock one more than the highest before', () => {
  say(ada, { class: a }, three);
  journal.undo(ada, '');
  const rows = project.database.handle.prepare('SELECT sequence, clock FROM event ORDER BY position').raw();
  expect(rows.all()).toEqual(rows.all().map((_, index) => [index + 1, index + 1]));
});

it('says what undo and redo would reverse, past actions that were taken back', () => {
  say(ada, { class: a });
  say(ada, { skipped: true }, three);
  journal.undo(ada, '');
  expect(project.reading.reversible(ada, '')).toMatchObject({
    undo: { count: 1, target: first, to: JSON.stringify({ class: a }) },
    redo: { kind: 'undo', count: 3, from: JSON.stringify({ skipped: true }) },
  });
  say(ada, { class: b }, [three[2]!]);
  expect(project.reading.reversible(ada, '')).toMatchObject({
    undo: { count: 1, target: three[2] },
    redo: null,
  });
});

it('finds what was done while a long action went on, which has one undo however many transactions it took', () => {
  const action = { actor: ada, round: '', batch: 'import' };
  const importReader = project.projects.readerNamed('import', 'import').id;
  const word = (target: Target) => [{ target, reader: importReader, to: { class: a } }];
  journal.set(
    [{ target: { kind: 'class', id: 'new' }, to: classValue(a, { name: 'new', key: 'x', position: 3 }) }],
    action,
  );
  journal.set([{ target: { kind: 'import', id: 'one' }, to: { what: '3 images' } }], action);
  journal.set(word(three[0]!), action);
  say(ada, { class: b }, [three[2]!]);
  journal.set(word(three[1]!), action);
  const { undo } = project.reading.reversible(ada, '');
  expect(undo).toMatchObject({ count: 1, target: three[2] });
  journal.undo(ada, '');
  expect(project.reading.reversible(ada, '').undo).toMatchObject({
    count: 4,
    target: { kind: 'import', id: 'one' },
  });
  journal.undo(ada, '');
  expect(['i1', 'i2', 'i3'].map(record)).toEqual([c, c, c]);
  expect(project.projects.classes().map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  // What goes on after it was taken back is refused, also where it would say nothing.
  for (const changes of [word(three[2]!), []])
    expect(() => journal.set(changes, action)).toThrow(expect.objectContaining({ code: 'changedSince' }));
  journal.redo(ada, '');
  expect(['i1', 'i2', 'i3'].map(record)).toEqual([a, a, c]);
  expect(project.projects.classes().map(({ name }) => name)).toEqual(['a', 'b', 'c', 'new']);
});

it('undoes in each round only what was done there', () => {
  say(ada, { class: a }, [first], 'r1');
  say(ada, { class: b });
  journal.undo(ada, 'r1');
  expect([record('i1'), row("SELECT count(*) FROM label WHERE round = 'r1'")]).toEqual([b, 0]);
  expect(() => journal.undo(ada, 'r2')).toThrow(expect.objectContaining({ code: 'nothingToUndo' }));
});

it('takes nothing back that somebody else changed since', () => {
  const rename = (reader: string, name: string) =>
    journal.set([{ target: { kind: 'class', id: a }, to: classValue(a, { name }) }], {
      actor: reader,
      round: '',
    });
  rename(ada, 'alpha');
  rename(ben, 'beta');
  expect(() => journal.undo(ada, '')).toThrow(
    expect.objectContaining({ code: 'changedSince', message: 'This was changed since by Ben.' }),
  );
  journal.undo(ben, '');
  journal.undo(ada, '');
  expect(project.projects.classes().map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});

it('keeps a class that was added while others label with it', () => {
  journal.set([{ target: { kind: 'class', id: 'd' }, to: classValue(a, { name: 'd', key: null }) }], {
    actor: ada,
    round: '',
  });
  say(ben, { classes: ['d'] });
  journal.set(
    [
      {
        target: { kind: 'setting', id: 'labels' },
        to: { kind: 'multi', level: 'image', number: null, shapes: [] },
      },
    ],
    { actor: ben, round: '' },
  );
  expect(() => journal.undo(ada, '')).toThrow(expect.objectContaining({ code: 'changedSince' }));
  journal.undo(ben, '');
  journal.undo(ben, '');
  journal.undo(ada, '');
  expect(project.projects.classes()).toHaveLength(3);
});

it('brings no record back of an image whose import was taken back', () => {
  importOne();
  // A word of nobody's: what a person says keeps the image.
  const table = project.projects.readerNamed('table', 'import').id;
  say(table, { class: a });
  say(table, { class: b });
  journal.undo(ben, '');
  expect(record('i1')).toBeNull();
  journal.undo(table, '');
  expect(record('i1')).toBeNull();
  journal.redo(ben, '');
  expect(record('i1')).toBe(a);
});

describe('keeps an import', () => {
  const expectKept = () => {
    expect(() => journal.undo(ben, '')).toThrow(
      expect.objectContaining({
        code: 'changedSince',
        message: 'Others have labelled or drawn on images of this import by now, or a round has them.',
      }),
    );
    expect(row("SELECT removed FROM image WHERE id = 'i1'")).toBe(0);
  };

  it.each<[string, Target, string]>([
    ['an image', first, ''],
    ['an image in a round', first, 'r1'],
    ['a series', { kind: 'series', id: 's1' }, ''],
    ['a study', { kind: 'study', id: study }, ''],
    ['a patient', { kind: 'patient', id: 'p1' }, 'r1'],
  ])('while others have said something of %s', (_, target, round) => {
    importOne();
    say(ada, { comment: 'look' }, [target], round);
    expectKept();
    journal.undo(ada, round);
    journal.undo(ben, '');
    expect(row("SELECT removed FROM image WHERE id = 'i1'")).toBe(1);
  });

  it('while others have drawn on an image', () => {
    importOne();
    const to = { image: 'i1', class: null, shape: { kind: 'point', x: 1, y: 1 } };
    journal.set([{ target: { kind: 'annotation', id: 'shape' }, to }], { actor: ada, round: '' });
    expectKept();
  });

  it('while a round has one of its images, also of a person who has said nothing', () => {
    importOne();
    openRound('round', { [ada]: ['i2', 'i1'] });
    expectKept();
  });

  it('not for what was said of its patient before, what it brought, and what its own person said', () => {
    say(ada, { class: a }, [{ kind: 'patient', id: 'p1' }]);
    const batch = importOne();
    journal.set([{ target: first, reader: ada, to: { class: b } }], { actor: ben, round: '', batch });
    say(ben, { class: c }, [first], 'r1');
    say(ada, { class: c }, [three[1]!]);
    journal.undo(ben, '');
    expect(row("SELECT removed FROM image WHERE id = 'i1'")).toBe(1);
    journal.redo(ben, '');
    journal.undo(ben, '');
    expect(row('SELECT count(*) FROM label WHERE reader_id = ?', ben)).toBe(1);
  });
});

it("leaves with an own undo what somebody else made of one's word since", () => {
  const set = (actor: string, to: StoredValue) =>
    journal.set([{ target: first, reader: ada, to }], { actor, round: '' });
  const refused = expect.objectContaining({
    code: 'changedSince',
    message: 'This was changed since by Ben.',
  }) as Error;
  set(ada, { class: a });
  set(ben, { class: b });
  expect(() => journal.undo(ada, '')).toThrow(refused);
  // Nor once an own change after it was taken back.
  set(ada, { class: c });
  journal.undo(ada, '');
  expect(() => journal.undo(ada, '')).toThrow(refused);
  expect(record('i1')).toBe(b);
  journal.undo(ben, '');
  journal.undo(ada, '');
  expect(record('i1')).toBe(c);
});

it.each<[string, () => void]>([
  [
    'a word that another stands over',
    () => (say(ben, { class: 'd' }), say(project.person('Eve'), { class: a })),
  ],
  [
    'a word in a blinded round',
    () => (openRound('round', { [ben]: ['i1'] }), say(ben, { class: 'd' }, [first], 'round')),
  ],
  [
    'a word of a class that was merged into it',
    () => (say(ben, { class: b }, [first], 'round'), mergeInto('d', b)),
  ],
  [
    'a word on an image that was taken back',
    () => (importOne(), say(ben, { class: 'd' }, [first], 'r1'), journal.undo(ben, '')),
  ],
])('keeps a class that was added while it is named by %s', (_, name) => {
  journal.set([{ target: { kind: 'class', id: 'd' }, to: classValue(a, { name: 'd', key: null }) }], {
    actor: ada,
    round: '',
  });
  name();
  expect(() => journal.undo(ada, '')).toThrow(
    expect.objectContaining({
      code: 'changedSince',
      message: 'By now labels or drawings of readers are of the class "d".',
    }),
  );
});

it('lists actions with what was taken back and not done again', () => {
  say(ada, { class: a });
  say(ben, { class: b }, three);
  journal.undo(ben, '');
  journal.redo(ben, '');
  journal.undo(ada, '');
  const listed = project.reading.actions({ at: '~', id: '' }, { actor: null, about: null }, 10);
  expect(listed.map(({ actorName, kind, count, undone }) => [actorName, kind, count, undone])).toEqual([
    ['Ada', 'undo', 1, false],
    ['Ben', 'redo', 3, false],
    ['Ben', 'undo', 3, true],
    ['Ben', 'set', 3, false],
    ['Ada', 'set', 1, true],
    ['import', 'set', 3, false],
  ]);
  const place = { at: listed[2]!.at, id: listed[2]!.batch };
  const older = project.reading.actions(place, { actor: ben, about: null }, 10);
  expect(older.map(({ batch }) => batch)).toEqual([listed[3]!.batch]);
});
