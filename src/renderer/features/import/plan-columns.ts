import type { PlannedFile } from '../../../contract/import.ts';

/** A column as `DataTable` takes it. */
interface PlanColumn {
  readonly id: string;
  readonly title: string;
  readonly numeric?: boolean;
  readonly sortBy: (row: PlannedFile) => string | number | null;
}

/**
 * The columns of a dry run's table: why a file is refused stands beside that it is; what none of the rows has goes.
 * @param patientOf the patient that a row would get, null for none
 */
export function planColumns(
  rows: readonly PlannedFile[],
  patientOf: (row: PlannedFile) => string | null,
): PlanColumn[] {
  const optional: PlanColumn[] = [
    { id: 'reason', title: 'Remark', sortBy: (row) => row.reason },
    { id: 'class', title: 'Label', sortBy: (row) => row.class },
    { id: 'patient', title: 'Patient', sortBy: patientOf },
    { id: 'part', title: 'Part', sortBy: (row) => row.part },
    {
      id: 'size',
      title: 'Pixels',
      numeric: true,
      sortBy: (row) => (row.width === null || row.height === null ? null : row.width * row.height),
    },
  ];
  return [
    { id: 'file', title: 'File', sortBy: (row) => row.file },
    { id: 'state', title: 'State', sortBy: (row) => row.state },
    ...optional.filter(({ sortBy }) => rows.some((row) => sortBy(row) !== null)),
  ];
}
