import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Recipe } from '../../src/contract/recipe.ts';
import { tableReadingInput } from '../../src/contract/table.ts';
import { importTable, removeTable } from '../../src/engine/clinical/clinical-table.ts';
import { rerunAndCompare } from '../../src/engine/runs/rerun.ts';
import { readManifest, runFolderOf } from '../../src/engine/runs/run-folder.ts';
import { plannedTable } from '../../src/engine/runs/run-table.ts';
import { planRerun } from '../../src/engine/runs/train.ts';
import type { ImportBench } from '../support/import-project.ts';
import { openRunBench, quickly, spawn, trainHere, untroubled } from '../support/run-bench.ts';

let bench: ImportBench;
beforeAll(async () => {
  bench = await openRunBench();
});
afterAll(() => bench.close());

/** Takes in an age of each patient. */
async function take(ageOf: (patient: number) => number): Promise<void> {
  const file = path.join(bench.data, 'labs.csv');
  const lines = Array.from({ length: 12 }, (_, at) => `P${at},${ageOf(at)}`);
  writeFileSync(file, ['patient,age (years)', ...lines, ''].join('\n'));
  const reading = tableReadingInput.parse({ project: bench.session.id, file });
  await importTable(bench.session, { ...reading, reader: 'Ada' });
}
const use = { table: { use: 'both', units: 4 } } satisfies Pick<Recipe, 'table'>;

it('plans with features that are read once, until patients or the table change', async () => {
  await expect(plannedTable(bench.session, use)).rejects.toMatchObject({ code: 'badTable' });
  await take((patient) => 40 + patient);
  const planned = await plannedTable(bench.session, use);
  expect(planned!.features).toEqual(['age (years)']);
  // Would catch: a plan, of which a form asks for many, that reads the whole table each time.
  expect(await plannedTable(bench.session, use)).toBe(planned);
  await take((patient) => 60 + patient);
  expect(await plannedTable(bench.session, use)).not.toEqual(planned);
  removeTable(bench.session, 'Ada');
  await expect(plannedTable(bench.session, use)).rejects.toMatchObject({ code: 'badTable' });
});

// Would catch: features of today's table under yesterday's recipe, whose weights are then others for no reason told.
it('trains again on the table that stood, and says that another one stands now', async () => {
  await take((patient) => 40 + patient);
  const set = { ...quickly, epochs: 1, 'table.use': 'both' };
  const { run: first } = await trainHere(bench, { set });
  const { table, clinicalTable, rows } = readManifest(runFolderOf(bench.session.folder, first));
  expect(clinicalTable).toBe(bench.session.clinical.current()!.id);
  await take((patient) => 90 - 3 * patient);
  const dependencies = { spawn, pool: bench.pool, keptWeights: bench.keptWeights, publish: () => undefined };
  const plan = await planRerun(bench.session, first, dependencies);
  const { rerun, same } = await rerunAndCompare(bench.session, first, plan, untroubled());
  expect(same).toBe(true);
  const again = readManifest(runFolderOf(bench.session.folder, rerun));
  expect([again.table, again.clinicalTable]).toEqual([table, clinicalTable]);
  expect(again.rows.train.map(({ features }) => features)).toEqual(
    rows.train.map(({ features }) => features),
  );
  expect(bench.session.runs.get(rerun).warnings).toEqual([
    `The clinical table was replaced since run ${first}: this one learns from what stood then, as that run did.`,
  ]);
  // A new training takes what stands now.
  const { run: other } = await trainHere(bench, { set });
  expect(readManifest(runFolderOf(bench.session.folder, other)).table).not.toEqual(table);
});
