import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { imageQuerySchema } from '../../../../src/contract/dataset.ts';
import { createIndexRepository } from '../../../../src/engine/db/index-repository.ts';
import { openForReading } from '../../../../src/engine/db/open.ts';
import { createImageIndex } from '../../../../src/engine/dataset/image-index.ts';
import { summariseDataset } from '../../../../src/engine/dataset/summary.ts';
import { readFacets } from '../../../../src/engine/dataset/views-rows.ts';
import { assignLabels, reverseLabel } from '../../../../src/engine/label/label-service.ts';
import { openProjectForReading, type ProjectSession } from '../../../../src/engine/project/session.ts';
import { splitProject } from '../../../../src/engine/split/split-service.ts';
import { splitInput } from '../../../../src/contract/dataset.ts';
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
  const ordered = async (by: 'name' | 'labelledAt' | 'class' | 'patient') => {
    const { view } = await of.views.open(imageQuerySchema.parse({ sort: { by } }), order);
    return [...of.views.rows(view)];
  };
  return {
    facets: await readFacets(of),
    summary: await summariseDataset(of),
    orders: [
      await ordered('name'),
      await ordered('labelledAt'),
      await ordered('class'),
      await ordered('patient'),
    ],
  };
}

function countsOf(of: ProjectSession) {
  const { images, patients, labelled, generated } = of.summary();
  return { images, patients, labelled, generated };
}

it('knows after any labels, undos, imports and splits what one made afresh knows', async () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        act: fc.constant('assign' as const),
        from: fc.nat(30),
        n: fc.nat(5),
        what: fc.nat(5),
        reader: fc.nat(1),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ act: fc.constantFrom('undo' as const, 'redo' as const), reader: fc.nat(1) }),
    },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('add' as const), n: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('split' as const), seed: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('missing' as const), at: fc.nat(30) }) },
    { weight: 2, arbitrary: fc.record({ act: fc.constant('look' as const) }) },
  );
  const ids: string[] = [];
  const add = (n: number): void => {
    const films = Array.from({ length: n }, (_, index) => {
      const at = ids.length + index;
      return {
        path: `f${at % 3}/IM${at * 7}.png`,
        ...(at % 4 > 0 && { patient: `P${at % 5}` }),
        ...(at % 3 > 0 && { label: 'abc'[at % 2]! }),
        ...(at % 6 === 0 && { pixelSha256: 'e'.repeat(64) }),
        generated: at === 21,
      };
    });
    ids.push(...project.add(films));
  };
  add(20);
  const changes = [
    { class: 'a' },
    { class: 'b', unsure: true },
    { class: null },
    { skipped: true },
    { comment: 'c' },
    { comment: '' },
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      for (const taken of steps) {
        if (taken.act === 'add') add(taken.n);
        if (taken.act === 'look') await readFacets(session);
        if (taken.act === 'missing') session.dataset.markMissing([ids[taken.at % ids.length]!]);
        if (taken.act === 'split')
          await splitProject(
            session,
            splitInput.parse({ project: session.id, seed: taken.seed, reset: true }),
          );
        if (taken.act === 'assign') {
          const images = ids.slice(taken.from, taken.from + taken.n);
          assignLabels(session, images, { change: changes[taken.what]!, reader: `reader ${taken.reader}` });
        }
        if (taken.act === 'undo' || taken.act === 'redo') {
          try {
            reverseLabel(session, taken.act, `reader ${taken.reader}`);
          } catch (error) {
            expect(error).toMatchObject({
              code: expect.stringMatching(/nothingToUndo|unknownReader/) as string,
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
    { numRuns: 15, seed: 11 },
  );
});

it('sees a patient that a later import gave to an image that was there', async () => {
  const [image] = project.add([{ path: 'a.png' }, { path: 'b.png', patient: 'P1' }]);
  expect((await summariseDataset(session)).withoutPatient).toBe(1);
  session.writing().imports.complete([{ image: image!, patientKey: 'P2' }]);
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
