import { expect, it } from 'vitest';

import type { PlannedFile } from '../../../../src/contract/import.ts';
import { planColumns } from '../../../../src/renderer/features/import/plan-columns.ts';

const file: PlannedFile = {
  ...{ file: 'a.dcm', state: 'new', class: null, patient: 'P1', part: null },
  ...{ width: 8, height: 6, reason: null },
};
const refused: PlannedFile = {
  ...file,
  ...{ file: 'b.dcm', state: 'refused', patient: null, width: null, height: null, reason: 'It is empty.' },
};
const shown = (rows: PlannedFile[], patientOf = (row: PlannedFile) => row.patient) =>
  planColumns(rows, patientOf).map(({ title }) => title);

it('says beside "refused" why, and leaves out what none of the files has', () => {
  expect(shown([refused, file])).toEqual(['File', 'State', 'Remark', 'Patient', 'Pixels']);
  expect(shown([refused])).toEqual(['File', 'State', 'Remark']);
  expect(shown([file], () => null)).toEqual(['File', 'State', 'Pixels']);
});
