import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { type ImageQueryInput, imageQuerySchema } from '../../../../src/contract/image.ts';
import type { LabelChangeInput } from '../../../../src/contract/label.ts';
import type { LabelKind } from '../../../../src/contract/project.ts';
import { createIndexRepository } from '../../../../src/engine/db/index-repository.ts';
import { openForReading } from '../../../../src/engine/db/open.ts';
import { createImageIndex } from '../../../../src/engine/dataset/image-index.ts';
import { countByField, summariseDataset } from '../../../../src/engine/dataset/summary.ts';
import { readFacets } from '../../../../src/engine/dataset/views-rows.ts';
import { assignLabels, reverseLabel } from '../../../../src/engine/label/label-service.ts';
import { changeLabels } from '../../../../src/engine/project/labels.ts';
import { openProjectForReading, type ProjectSession } from '../../../../src/engine/project/session.ts';
import { splitProject } from '../../../../src/engine/split/split-service.ts';
import { splitInput } from '../../../../src/contract/split.ts';
import { type ImageProject, openImageProject } from '../../../support/image-project.ts';

let project: ImageProject;
let session: ProjectSession;
beforeEach(async () => {
  project = await openImageProject(['a', 'b', 'c']);
  session = project.session;
});
afterEach(() => project.close());

/** Everything that the index knows, as one comparable value. */
async function everything(of: ProjectSession) {
  const order = of.projects.allClasses().map(({ id }) => id);
  const rowsOf = async (query: ImageQueryInput) => {
    const { view } = await of.views.open(imageQuerySchema.parse(query), order);
    return [...of.views.rows(view)];
  };
  await of.index.compared();
  const sorts = ['name', 'labelledAt', 'class', 'patient', 'series', 'age', 'number'] as const;
  const counted = { facets: await readFacets(of), summary: await summariseDataset(of) };
  const found: number[][] = [];
  for (const by of sorts) found.push(await rowsOf({ sort: { by } }));
  for (const status of ['bookmarked', 'annotated', 'untouched', 'disagreement', 'labelled'] as const)
    found.push(await rowsOf({ status: [status] }));
  found.push(
    await rowsOf({ quality: ['nearDuplicate'] }),
    await rowsOf({ fields: { modality: ['CT', null] } }),
  );
  for (const per of ['series', 'study', 'patient'] as const) found.push(await rowsOf({ per }));
  return { ...counted, found, byModality: await countByField(of, 'modality') };
}

/** Ids of things that only the database lists. */
function idsOf(of: ImageProject, table: 'series' | 'study' | 'patient' | 'import'): string[] {
  const database = new Database(`${of.folder}/project.sqlite`, { readonly: true });
  const ids = database.prepare<[], string>(`SELECT id FROM "${table}" ORDER BY rowid`).pluck().all();
  database.close();
  return ids;
}

function countsOf(of: ProjectSession) {
  const { images, patients, labelled, generated } = of.summary();
  return { images, patients, labelled, generated };
}

it('knows after any labels, undos, imports and splits what one made afresh knows', async () => {
  const reader = fc.nat(1);
  // What the index follows, and what it is made anew after.
  const followed = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        act: fc.constant('assign' as const),
        ...{ from: fc.nat(20), n: fc.nat(5), what: fc.nat(5), reader },
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        act: fc.constant('say' as const),
        level: fc.constantFrom('series' as const, 'study' as const, 'patient' as const),
        ...{ at: fc.nat(20), what: fc.nat(4), reader },
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ act: fc.constantFrom('undo' as const, 'redo' as const), reader }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ act: fc.constant('draw' as const), at: fc.nat(20), away: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('split' as const), seed: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('missing' as const), at: fc.nat(30) }) },
    { weight: 2, arbitrary: fc.record({ act: fc.constant('look' as const) }) },
  );
  const remade = fc.oneof(
    fc.record({ act: fc.constant('add' as const), n: fc.nat(4) }),
    fc.record({
      act: fc.constant('kind' as const),
      kind: fc.constantFrom('single' as const, 'multi' as const, 'number' as const),
    }),
    fc.record({ act: fc.constant('merge' as const) }),
    fc.record({ act: fc.constant('takeBack' as const), at: fc.nat(10) }),
  );
  const steps = fc
    .tuple(
      fc.array(fc.oneof({ weight: 3, arbitrary: followed }, { weight: 2, arbitrary: remade }), {
        maxLength: 8,
      }),
      fc.array(followed, { maxLength: 12 }),
    )
    .map(([first, then]) => [...first, { act: 'look' as const }, ...then]);
  const ids: string[] = [];
  const add = (n: number): void => {
    const films = Array.from({ length: n }, (_, index) => {
      const at = ids.length + index;
      return {
        path: `f${at % 3}/IM${at * 7}.png`,
        ...(at % 4 > 0 && { patient: `P${at % 5}` }),
        ...(at % 4 > 1 && {
          header: {
            studyUid: `1.${at % 5}.${at % 2}`,
            seriesUid: `1.${at % 5}.${at % 2}.${at % 3}`,
            ...{ modality: at % 3 ? 'CT' : 'CR', ageYears: (at % 5) * 9, sex: at % 2 ? 'F' : 'M' },
          },
          position: 100 - at,
        }),
        ...(at % 3 > 0 && { label: 'abc'[at % 2]! }),
        ...(at % 6 === 0 && { pixelSha256: 'e'.repeat(64) }),
        generated: at === 21,
      };
    });
    ids.push(...project.add(films));
  };
  add(20);
  const notes = [{ skipped: true }, { comment: 'c' }, { comment: '', bookmarked: true }];
  const changesOf: Partial<Record<LabelKind, LabelChangeInput[]>> = {
    single: [{ class: 'a' }, { class: 'b', unsure: true }, { class: null }, ...notes],
    multi: [{ classes: { set: ['a', 'c'] } }, { classes: { set: [] } }, { classes: null }, ...notes],
    number: [{ number: 5 }, { number: 7.5 }, { number: null }, ...notes],
  };
  const labels = {
    single: { kind: 'single' as const, number: null },
    multi: { kind: 'multi' as const, number: null },
    number: { kind: 'number' as const, number: { unit: '', low: null, high: null, decimals: 1 } },
  };
  const by = (reader: string) => ({ actor: session.projects.readerNamed(reader, 'person').id, round: '' });
  const say = (what: { level: 'series' | 'study' | 'patient'; at: number; what: number; reader: number }) => {
    const targets = idsOf(project, what.level);
    const words = [{ class: project.classId('a') }, { number: 9 }, { skipped: true }, { comment: 's' }, null];
    const target = { kind: what.level, id: targets[what.at % targets.length]! };
    session.writing().journal.set([{ target, to: words[what.what] }], by(`reader ${what.reader}`));
  };
  const shapes: string[] = [];
  let drawn = 0;
  const draw = (image: string, away: boolean): void => {
    const id = away ? shapes.pop() : `shape ${drawn++}`;
    if (id === undefined) return;
    if (!away) shapes.push(id);
    const to = away ? null : { image, class: null, shape: { kind: 'point', x: 1, y: 1 } };
    session.writing().journal.set([{ target: { kind: 'annotation', id }, to }], by('reader 0'));
  };
  /** Takes an import back, or in again; never the first. */
  const takenBack = new Set<string>();
  const takeBack = (at: number): void => {
    const [, ...imports] = idsOf(project, 'import');
    const id = imports[at % imports.length];
    if (id === undefined) return;
    const to = takenBack.delete(id) ? { what: 'images' } : null;
    if (!to) takenBack.add(id);
    session.writing().journal.set([{ target: { kind: 'import', id }, to }], by('Ada'));
  };
  // "c" counts as "a", and as itself again.
  const mergeOrSplit = (): void => {
    const c = session.projects.allClasses().find(({ name }) => name === 'c')!;
    const heir = c.heir === null ? project.classId('a') : null;
    const { name, position, color, key, retiredAt } = c;
    const to = { name, position, color, key, retiredAt, heir };
    session.writing().journal.set([{ target: { kind: 'class', id: c.id }, to }], by('Ada'));
  };
  const split = async (seed: number): Promise<void> => {
    try {
      await splitProject(session, splitInput.parse({ project: session.id, seed, reset: true }));
    } catch (error) {
      // What is left may be too little.
      expect(error).toMatchObject({
        code: expect.stringMatching(/noLabels|tooFewImages|classMissingFromSplit|emptySplit/) as string,
      });
    }
  };
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      for (const taken of all) {
        if (taken.act === 'add') add(taken.n);
        if (taken.act === 'look') await readFacets(session);
        if (taken.act === 'missing') session.dataset.markMissing([ids[taken.at % ids.length]!]);
        if (taken.act === 'split') await split(taken.seed);
        if (taken.act === 'say') say(taken);
        if (taken.act === 'draw') draw(ids[taken.at % ids.length]!, taken.away);
        if (taken.act === 'kind')
          changeLabels(session, { ...session.projects.labelSchema(), ...labels[taken.kind] }, 'Ada');
        if (taken.act === 'merge') mergeOrSplit();
        if (taken.act === 'takeBack') takeBack(taken.at);
        if (taken.act === 'assign') {
          const images = ids.slice(taken.from, taken.from + taken.n);
          const change = changesOf[session.projects.labelSchema().kind]![taken.what]!;
          assignLabels(session, images, { change, reader: `reader ${taken.reader}` });
        }
        if (taken.act === 'undo' || taken.act === 'redo') {
          try {
            reverseLabel(session, taken.act, `reader ${taken.reader}`);
          } catch (error) {
            expect(error).toMatchObject({
              code: expect.stringMatching(/nothingToUndo|unknownReader|changedSince/) as string,
            });
          }
        }
      }
      const fresh = openProjectForReading(project.folder);
      const openedAgain = openProjectForReading(project.folder);
      try {
        expect(await everything(session)).toEqual(await everything(fresh));
        // The summary counts with the index here, and with the database there.
        expect(countsOf(session)).toEqual(countsOf(openedAgain));
      } finally {
        fresh.close();
        openedAgain.close();
      }
    }),
    { numRuns: 40, seed: 11 },
  );
});

it('sees a patient that a later import gave to an image that was there', async () => {
  const [image] = project.add([{ path: 'a.png' }, { path: 'b.png', patient: 'P1' }]);
  expect((await summariseDataset(session)).withoutPatient).toBe(1);
  project.namePatient(image!, 'P2');
  expect((await summariseDataset(session)).withoutPatient).toBe(0);
});

it('answers everyone who asks while it is made, with what each had written before it asked', async () => {
  project.add(Array.from({ length: 4000 }, (_, index) => ({ path: `${index}.png` })));
  const first = readFacets(session);
  const [late] = project.add([{ path: 'late.png', label: 'a' }]);
  assignLabels(session, [late!], { change: { class: 'b' }, reader: 'Ada' });
  const second = await readFacets(session);
  await first;
  expect(second.classes.map(({ n }) => n)).toEqual([0, 1, 0, 4000]);
});

it('ends quietly when the project is closed while names are read', async () => {
  project.add(Array.from({ length: 4000 }, (_, index) => ({ path: `${index}.png` })));
  const database = openForReading(`${project.folder}/project.sqlite`);
  const index = createImageIndex(createIndexRepository(database));
  await index.ready();
  const complete = index.complete();
  index.close();
  database.close();
  await expect(complete).rejects.toMatchObject({ code: 'cancelled' });
});
