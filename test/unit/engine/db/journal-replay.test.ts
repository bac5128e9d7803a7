import fc from 'fast-check';
import { expect, it } from 'vitest';

import type { LabelSchema } from '../../../../src/contract/project.ts';
import { heirOf, labelRules, type RecordValue } from '../../../../src/core/label-record.ts';
import type { JournalChange } from '../../../../src/engine/db/journal.ts';
import { classValueText } from '../../../../src/engine/db/class-states.ts';
import type { Target } from '../../../../src/engine/db/journal-keepers.ts';
import { createMomentReading } from '../../../../src/engine/db/moment-repository.ts';
import { isLabel, type StoredValue } from '../../../../src/engine/db/stored-value.ts';
import { images, type JournalProject, openJournalProject, study } from '../../../support/journal-project.ts';
import { replay, standing } from '../../../support/journal-replay.ts';

const targets: Target[] = [
  ...images.map((id) => ({ kind: 'image' as const, id })),
  ...['s1', 's2'].map((id) => ({ kind: 'series' as const, id })),
  { kind: 'study', id: study },
  ...['p1', 'p2'].map((id) => ({ kind: 'patient' as const, id })),
];
const persons = ['Ada', 'Ben'];
const letters = fc.constantFrom('a', 'b', 'c');
const schemas: LabelSchema[] = [
  { kind: 'single', level: 'image', number: null, shapes: [] },
  { kind: 'multi', level: 'series', number: null, shapes: [] },
  { kind: 'ordinal', level: 'study', number: null, shapes: [] },
  {
    kind: 'number',
    level: 'patient',
    number: { unit: 'months', low: 0, high: 240, decimals: 0 },
    shapes: ['box'],
  },
];

const word = fc.record(
  {
    class: letters,
    classes: fc.uniqueArray(letters).map((list) => list.sort()),
    number: fc.nat(9),
    unsure: fc.constant(true as const),
    skipped: fc.constant(true as const),
    bookmarked: fc.constant(true as const),
    comment: fc.constantFrom('one', 'two'),
  },
  { requiredKeys: [] },
);
const step = fc.record({
  who: fc.nat(1),
  act: fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        act: fc.constant('word' as const),
        on: fc.uniqueArray(fc.nat(targets.length - 1), { minLength: 1, maxLength: 4 }),
        round: fc.constantFrom('', '', '', 'r1', 'r2'),
        to: fc.option(word),
      }),
    },
    { weight: 4, arbitrary: fc.record({ act: fc.constantFrom('undo' as const, 'redo' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant('merge' as const),
        from: letters,
        into: fc.option(letters),
        name: fc.constantFrom('', '!'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('labels' as const), to: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('rule' as const), to: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('table' as const), to: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('import' as const), of: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('draw' as const), of: fc.nat(2), x: fc.nat(3) }) },
  ),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function changesOf(
  { act }: Step,
  project: JournalProject,
): { changes: JournalChange[]; round: string } | null {
  const [ids, names] = [project.classes, ['a', 'b', 'c']];
  const idOf = (letter: string): string => ids[names.indexOf(letter)]!;
  const open = (target: Target, to: unknown) => ({ changes: [{ target, to }], round: '' });
  switch (act.act) {
    case 'word': {
      const to = act.to && {
        ...act.to,
        ...(act.to.class !== undefined && { class: idOf(act.to.class) }),
        ...(act.to.classes && { classes: act.to.classes.map(idOf) }),
      };
      const said = to && Object.keys(to).length > 0 ? to : null;
      return { changes: act.on.map((index) => ({ target: targets[index]!, to: said })), round: act.round };
    }
    case 'merge': {
      const id = idOf(act.from);
      const heir = act.into === null ? null : idOf(act.into);
      if (heir !== null && heirOf(heir, project.projects.heirs()) === id) return null;
      const before = project.projects.allClasses().find((entry) => entry.id === id)!;
      const to = { ...before, name: act.from + act.name, retiredAt: heir && '2026-01-02', heir, key: null };
      return open({ kind: 'class', id }, JSON.parse(classValueText(to)));
    }
    case 'labels':
      return open({ kind: 'setting', id: 'labels' }, schemas[act.to]);
    case 'rule':
      return open({ kind: 'setting', id: 'rule' }, labelRules[act.to]);
    case 'table':
      return open({ kind: 'setting', id: 'clinical' }, { table: [null, 't1', 't2'][act.to] });
    case 'import': {
      const id = `of ${images[act.of]!}`;
      const stands = standing(project.database).imports.get(id) === true;
      return open({ kind: 'import', id }, stands ? null : { what: '1 image' });
    }
    case 'draw': {
      const shape = { kind: 'point', x: act.x, y: 1 };
      return open({ kind: 'annotation', id: `shape ${act.of}` }, { image: 'i1', class: null, shape });
    }
    default:
      return null;
  }
}

/** Whether a state belongs to one reader, and that is not the one who acts: then nobody changes it here. */
const isForeign = (
  project: JournalProject,
  { changes }: { changes: JournalChange[] },
  actor: string,
): boolean =>
  changes.some(({ target }) => {
    if (target.kind !== 'annotation') return false;
    const owner = project.database.handle
      .prepare<[string], string>('SELECT reader_id FROM event WHERE target_id = ? ORDER BY position LIMIT 1')
      .pluck()
      .get(target.id);
    return owner !== undefined && owner !== actor;
  });

function perform(project: JournalProject, taken: Step): void {
  const actor = project.person(persons[taken.who]!);
  const { act } = taken;
  const before = snapshot(project);
  try {
    if (act.act === 'undo' || act.act === 'redo') {
      project.journal[act.act](actor, '');
      const after = snapshot(project);
      project.journal[act.act === 'undo' ? 'redo' : 'undo'](actor, '');
      expect(snapshot(project)).toEqual(before);
      project.journal[act.act](actor, '');
      expect(snapshot(project)).toEqual(after);
      return;
    }
    const wanted = changesOf(taken, project);
    if (!wanted || isForeign(project, wanted, actor)) return;
    project.journal.set(wanted.changes, { actor, round: wanted.round });
    const after = snapshot(project);
    project.journal.undo(actor, wanted.round);
    expect(snapshot(project)).toEqual(before);
    project.journal.redo(actor, wanted.round);
    expect(snapshot(project)).toEqual(after);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    expect(['nothingToUndo', 'changedSince']).toContain(error.code);
    expect(snapshot(project)).toEqual(before);
  }
}

/** What stands, and which events gave labels; not which made it so last. */
function snapshot(project: JournalProject) {
  const { words, ...rest } = standing(project.database);
  const said = [...words].map(([key, { to, given }]) => {
    return [key, isLabel(JSON.parse(to) as StoredValue) ? [to, given] : [to]] as const;
  });
  return { ...rest, words: new Map(said) };
}

it('has in its tables what its events say, undoes and redoes exactly, and knows how it was at every moment', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 30 }), async (steps) => {
      const project = openJournalProject();
      try {
        const { handle } = project.database;
        handle.exec(`UPDATE image SET import_id = 'of ' || id WHERE id IN ('i1', 'i2', 'i3', 'i4');
          INSERT INTO reading_round VALUES ('r1', 'open', '{}', 'open', '2026-01-01', NULL),
            ('r2', 'closed', '{}', 'closed', '2026-01-01', '2026-01-01');
          INSERT INTO clinical_table (id, file, patients, created_at) VALUES ('t1', 'a.csv', 1, '2026-01-01'), ('t2', 'b.csv', 1, '2026-01-01')`);
        const imports = project.projects.readerNamed('import', 'import').id;
        const imported = ['i1', 'i4', 'i6'].map((id) => ({ kind: 'image' as const, id }));
        const brought = images.slice(0, 4).map((id) => ({ kind: 'import' as const, id: `of ${id}` }));
        project.journal.set(
          [
            ...brought.map((target) => ({ target, to: { what: '1 image' } })),
            ...imported.map((target) => ({ target, to: { class: project.classes[2] } })),
          ],
          { actor: imports, round: '' },
        );
        const initial = standing(project.database);
        const moments: { at: string; records: Map<string, RecordValue> }[] = [];
        for (const taken of steps) {
          perform(project, taken);
          const now = standing(project.database);
          expect(now).toEqual(replay(project.database, initial));
          moments.push({ at: new Date().toISOString(), records: now.records });
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
        const reading = createMomentReading(project.database);
        for (const { at, records } of moments) {
          const found = reading.records([...images], reading.moment(at));
          expect(new Map([...found].filter(([, value]) => value !== null))).toEqual(records);
        }
        const order = handle.prepare('SELECT clock FROM event ORDER BY position').pluck().all();
        expect(order).toEqual(order.map((_, index) => index + 1));
        expect(handle.pragma('foreign_key_check')).toEqual([]);
      } finally {
        project.close();
      }
    }),
    { numRuns: 12, seed: 11 },
  );
}, 120_000);
