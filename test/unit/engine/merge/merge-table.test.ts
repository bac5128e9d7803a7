import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, it } from 'vitest';

import { clinicalTable } from '../../../../src/engine/clinical/clinical-table.ts';
import { listConflicts, resolveConflict } from '../../../../src/engine/merge/conflicts.ts';
import {
  dump,
  faults,
  importValues,
  makeCopies,
  mergedSchemas,
  mergeInto,
  openCopy,
} from '../../../support/merge-copies.ts';

const ageLow = async (session: Awaited<ReturnType<typeof openCopy>>) =>
  (await clinicalTable(session))?.columns[0]!.summary.numbers?.low;

it('takes over a table of another copy; of two the later one stands, and the other can be taken', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-merge-'));
  const [a, b] = (await makeCopies(folder, mergedSchemas[0]!, 2)) as [string, string];
  const work = async (copy: string, number: number): Promise<void> => {
    const session = await openCopy(copy);
    await importValues(session, number, 'Ada');
    session.close();
  };
  await work(a, 1);
  await work(b, 2);
  // Of actions alike in their clock the greater replica's is the later: with a second one it is this copy's.
  await work(b, 3);
  const session = await openCopy(a);
  expect(await mergeInto(session, b)).toMatchObject({ conflicts: 1 });
  expect(await ageLow(session)).toBe(53);
  const [conflict] = listConflicts(session, true);
  expect(conflict).toMatchObject({
    stands: { what: 'clinical table values-3.csv of 3 patients' },
    other: { what: 'clinical table values-1.csv of 3 patients' },
  });
  resolveConflict(session, { conflict: conflict!.conflict, take: 'other', reader: 'Ada' });
  expect(await ageLow(session)).toBe(51);
  session.close();
  const other = await openCopy(b);
  await mergeInto(other, a);
  expect(await ageLow(other)).toBe(51);
  other.close();
  expect(dump(b)).toEqual(dump(a));
  expect([faults(a), faults(b)]).toEqual([[], []]);
  rmSync(folder, { recursive: true });
});

it('is one table where both copies took in the same: nothing to decide', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-merge-'));
  const [a, b] = (await makeCopies(folder, mergedSchemas[0]!, 2)) as [string, string];
  for (const copy of [a, b]) {
    const session = await openCopy(copy);
    await importValues(session, 1, 'Ada');
    session.close();
  }
  const session = await openCopy(a);
  expect(await mergeInto(session, b)).toMatchObject({ conflicts: 0 });
  expect(await ageLow(session)).toBe(51);
  session.close();
  rmSync(folder, { recursive: true });
});
