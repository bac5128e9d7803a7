import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';

import type { ImageFacts } from '../../../../src/contract/decode.ts';
import { openForWriting, type ProjectDatabase } from '../../../../src/engine/db/open.ts';
import { createImportRepository } from '../../../../src/engine/db/import-repository.ts';
import {
  createJournal,
  createJournalReading,
  type Journal,
  readHistory,
} from '../../../../src/engine/db/journal.ts';
import {
  createProjectRepository,
  type ProjectRepository,
} from '../../../../src/engine/db/project-repository.ts';

let folder: string;
let database: ProjectDatabase;
let projects: ProjectRepository;
let journal: Journal;
let images: string[];
let classes: string[];

const facts: ImageFacts = {
  format: 'png',
  width: 8,
  height: 8,
  channels: 1,
  bitDepth: 8,
  byteSha256: '0'.repeat(64),
  pixelSha256: '0'.repeat(64),
  sizeBytes: 64,
  generated: false,
  mean: 0.5,
  deviation: 0.2,
  sharpness: 0.01,
  differenceHash: '0'.repeat(64),
  warnings: [],
};

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'readroom-journal-'));
  database = openForWriting(path.join(folder, 'project.sqlite'));
  projects = createProjectRepository(database);
  projects.create({
    id: 'p',
    name: 'p',
    template: 'classification',
    task: 'classification',
    createdAt: '2026-01-01',
  });
  classes = projects.addClasses(['a', 'b', 'c']).map(({ id }) => id);
  journal = createJournal(database, projects.replica(folder));
  const imports = createImportRepository(database, journal, projects.readerNamed('import', 'import').id);
  const rootId = imports.root('reference', folder);
  images = imports.add(
    ['1.png', '2.png', '3.png'].map((relativePath) => {
      return { rootId, relativePath, facts, patientKey: null, part: null, classId: classes[2]! };
    }),
  );
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const record = (image: string): string | null =>
  database.handle
    .prepare<[string], string>('SELECT class_id FROM record WHERE image_id = ?')
    .pluck()
    .get(image) ?? null;

it("makes a person's label the label of record and falls back to the imported one on undo", () => {
  const reader = projects.readerNamed('Ada', 'person').id;
  journal.set([{ image: images[0]!, to: { class: classes[0]! } }], reader, 0);
  expect(record(images[0]!)).toBe(classes[0]);
  journal.undo(reader, 0);
  expect(record(images[0]!)).toBe(classes[2]);
});

it('undoes a bulk action as one and never reaches another reader', () => {
  const ada = projects.readerNamed('Ada', 'person').id;
  const ben = projects.readerNamed('Ben', 'person').id;
  journal.set(
    images.map((image) => ({ image, to: { class: classes[0]! } })),
    ada,
    0,
  );
  journal.set([{ image: images[1]!, to: { class: classes[1]! } }], ben, 0);
  expect(journal.undo(ada, 0)).toHaveLength(3);
  expect(images.map(record)).toEqual([classes[2], classes[1], classes[2]]);
  expect(() => journal.undo(ada, 0)).toThrow(expect.objectContaining({ code: 'nothingToUndo' }));
});

it('keeps every event for ever', () => {
  const reader = projects.readerNamed('Ada', 'person').id;
  journal.set([{ image: images[0]!, to: { class: classes[0]! } }], reader, 0);
  journal.undo(reader, 0);
  expect(readHistory(database, images[0]!).map(({ kind }) => kind)).toEqual([
    'label.set',
    'label.set',
    'undo',
  ]);
  expect(() => database.handle.exec("UPDATE event SET kind = 'redo'")).toThrow('append-only');
  expect(() => database.handle.exec('DELETE FROM event')).toThrow('append-only');
});

it('behaves as an undo stack whatever the order of labels, undos and redos, across a reopening', () => {
  const step = fc.oneof(
    fc.record({ act: fc.constant('set' as const), image: fc.nat(2), to: fc.nat(2) }),
    fc.constant({ act: 'undo' as const }),
    fc.constant({ act: 'redo' as const }),
    fc.constant({ act: 'reopen' as const }),
  );
  let round = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const reader = projects.readerNamed(`reader ${round++}`, 'person').id;
      const model = { state: new Map<string, string | null>(), done: [] as Change[], undone: [] as Change[] };
      for (const action of steps) {
        if (action.act === 'reopen') {
          journal = createJournal(database, projects.replica(folder));
        } else if (action.act === 'set') {
          const change = { image: images[action.image]!, to: classes[action.to]! };
          journal.set([{ image: change.image, to: { class: change.to } }], reader, 0);
          model.done.push({ ...change, from: model.state.get(change.image) ?? null });
          model.undone = [];
          model.state.set(change.image, change.to);
        } else {
          const [source, target] =
            action.act === 'undo' ? [model.done, model.undone] : [model.undone, model.done];
          const change = source.pop();
          if (!change) {
            expect(() => journal[action.act](reader, 0)).toThrow(
              expect.objectContaining({ code: 'nothingToUndo' }),
            );
            continue;
          }
          journal[action.act](reader, 0);
          target.push(change);
          model.state.set(change.image, action.act === 'undo' ? change.from : change.to);
        }
        for (const [image, expected] of model.state) expect(labelOf(image, reader)).toBe(expected);
      }
    }),
    { numRuns: 60, seed: 3 },
  );
});

it('makes no label of record of a word that only skips or comments, and keeps whether one is unsure', () => {
  const ada = projects.readerNamed('Ada', 'person').id;
  const image = images[0]!;
  const isUnsure = () =>
    database.handle.prepare('SELECT unsure FROM record WHERE image_id = ?').pluck().get(image);
  journal.set([{ image, to: { skipped: true } }], ada, 0);
  expect(record(image)).toBe(classes[2]);
  journal.set([{ image, to: { class: classes[0]!, unsure: true } }], ada, 0);
  expect([record(image), isUnsure()]).toEqual([classes[0], 1]);
  journal.set([{ image, to: { comment: 'see tomorrow' } }], ada, 0);
  expect([record(image), isUnsure()]).toEqual([classes[2], 0]);
});

it('falls back to the newest of several other persons, not to the first', () => {
  const [ada, ben, eve] = ['Ada', 'Ben', 'Eve'].map((name) => projects.readerNamed(name, 'person').id);
  const image = images[0]!;
  journal.set([{ image, to: { class: classes[1]! } }], ben!, 0);
  journal.set([{ image, to: { class: classes[0]! } }], ada!, 0);
  journal.set([{ image, to: { class: classes[1]! } }], eve!, 0);
  journal.undo(eve!, 0);
  expect(record(image)).toBe(classes[0]);
});

it('gives no event where nothing changes, but one where a label wins over a newer one of another reader', () => {
  const ada = projects.readerNamed('Ada', 'person').id;
  const ben = projects.readerNamed('Ben', 'person').id;
  const wanted = { class: classes[0]! };
  const first = journal.change(images, () => wanted, ada, 0);
  expect(first.appended).toHaveLength(3);
  const again = journal.change(images, () => wanted, ada, 0);
  expect([again.appended, again.first?.event]).toEqual([[], first.appended[0]!.event]);
  journal.set([{ image: images[1]!, to: { class: classes[1]! } }], ben, 0);
  expect(journal.change(images, () => wanted, ada, 0).appended.map(({ image }) => image)).toEqual([
    images[1],
  ]);
  expect(record(images[1]!)).toBe(classes[0]);
});

it('numbers the events of one action without gaps, each clock one more than the highest before', () => {
  const ada = projects.readerNamed('Ada', 'person').id;
  journal.change(images, () => ({ class: classes[0]! }), ada, 0);
  journal.undo(ada, 0);
  const rows = database.handle.prepare('SELECT sequence, clock FROM event ORDER BY position').raw().all();
  expect(rows).toEqual(rows.map((_, index) => [index + 1, index + 1]));
});

it('says what undo and redo would reverse, past actions that were taken back', () => {
  const ada = projects.readerNamed('Ada', 'person').id;
  const { reversible } = createJournalReading(database);
  journal.change([images[0]!], () => ({ class: classes[0]! }), ada, 0);
  journal.change(images, () => ({ skipped: true }), ada, 0);
  journal.undo(ada, 0);
  expect(reversible(ada, 0)).toMatchObject({
    undo: { count: 1, image: images[0], to: { class: classes[0] } },
    redo: { count: 3, to: { skipped: true } },
  });
  journal.change([images[2]!], () => ({ class: classes[1]! }), ada, 0);
  expect(reversible(ada, 0)).toMatchObject({ undo: { count: 1, image: images[2] }, redo: null });
});

interface Change {
  image: string;
  from: string | null;
  to: string;
}

function labelOf(image: string, reader: string): string | null {
  const value = database.handle
    .prepare('SELECT value FROM label WHERE target_id = ? AND reader_id = ?')
    .pluck()
    .get(image, reader) as string | undefined;
  return value === undefined ? null : (JSON.parse(value) as { class: string }).class;
}
