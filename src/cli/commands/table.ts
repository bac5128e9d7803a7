import { ReadroomError } from '../../contract/errors.ts';
import {
  type ClinicalColumn,
  type ClinicalTable,
  type ColumnChoice,
  columnKinds,
  type ColumnSummary,
  type TableReport,
} from '../../contract/table.ts';
import { count, counted, listed, percent } from '../../core/words.ts';
import { type CommandContext, defineCommand, type Outcome } from '../command.ts';
import { paragraphs, plain, table as aligned, warnings } from '../format.ts';
import { gatherSetting, parseList } from '../parse.ts';
import { openProject } from '../work.ts';

interface Options {
  key?: string;
  kind?: Record<string, unknown>;
  unit?: Record<string, unknown>;
  missing?: string[];
  reader?: string;
  dryRun?: true;
}

export default defineCommand<[string, string, string | undefined], Options>({
  configure: (command) =>
    void command
      .addArgument(command.createArgument('<action>', 'what to do').choices(['import', 'show', 'remove']))
      .argument('<project>', 'project folder')
      .argument('[file]', 'of an import: a CSV file with a line for each patient')
      .option('--key <column>', 'the column of patients; without, patient, patient_id, patientid or id')
      .option('--kind <column=kind>', `${columnKinds.join(', ')} or leaveOut; repeatable`, gatherSetting)
      .option('--unit <column=unit>', 'unit of a column of numbers; repeatable', gatherSetting)
      .option('--missing <words>', 'what counts as missing beside empty cells, e.g. NA,unknown', parseList)
      .option('--reader <name>', 'who can take it back; without, your user name')
      .option('--dry-run', 'of an import: only say what would happen'),
  examples: [
    'table import chest labs.csv --dry-run',
    'table import chest labs.csv --key case --kind stage=category --unit crp=mg/l --missing NA,unknown',
    'table show chest',
  ],
  run(context, [action, path, file], options) {
    if (action === 'import') return importTable(context, path, file, options);
    if (file !== undefined) {
      throw new ReadroomError('usage', `"table ${action}" takes no file.`, 'See: readroom table --help');
    }
    return action === 'show' ? showTable(context, path) : removeTable(context, path, options);
  },
});

async function importTable(
  context: CommandContext,
  path: string,
  file: string | undefined,
  { key, kind, unit, missing, reader, dryRun }: Options,
): Promise<Outcome> {
  if (file === undefined) {
    throw new ReadroomError('usage', 'An import needs a CSV file.', 'See: readroom table --help');
  }
  const { client, project } = await openProject(context, path, dryRun ? 'read' : 'write');
  const reading = {
    project: project.project,
    file: context.resolve(file),
    columns: choices(kind ?? {}, unit ?? {}),
    ...(key !== undefined && { key }),
    ...(missing !== undefined && { missing }),
  };
  const report = dryRun
    ? await client.table.preview(reading)
    : await client.table.import({ ...reading, reader: reader ?? context.host.userName });
  const exitCode = report.problems.length > 0 ? 1 : 0;
  return { document: { ...report }, text: describe(report), exitCode };
}

/** @throws ReadroomError `usage` for a kind that there is not */
function choices(
  kinds: Readonly<Record<string, unknown>>,
  units: Readonly<Record<string, unknown>>,
): Record<string, ColumnChoice> {
  const known = [...columnKinds, 'leaveOut'] as const;
  const chosen: Record<string, ColumnChoice> = {};
  for (const [column, said] of Object.entries(kinds)) {
    const kind = known.find((one) => one === said);
    if (kind === undefined) {
      throw new ReadroomError(
        'usage',
        `--kind does not know "${String(said)}".`,
        `It takes ${known.join(', ')}.`,
      );
    }
    chosen[column] = { kind };
  }
  for (const [column, unit] of Object.entries(units))
    chosen[column] = { ...chosen[column], unit: String(unit) };
  return chosen;
}

async function showTable(context: CommandContext, path: string): Promise<Outcome> {
  const { client, project } = await openProject(context, path, 'read');
  const found = await client.table.get({ project: project.project });
  return {
    document: { table: found },
    text: found === null ? 'There is no clinical table.' : tableText(found),
  };
}

async function removeTable(context: CommandContext, path: string, { reader }: Options): Promise<Outcome> {
  const { client, project } = await openProject(context, path, 'write');
  const by = reader ?? context.host.userName;
  const done = await client.table.remove({ project: project.project, reader: by });
  return {
    document: done,
    text: done.removed
      ? 'The clinical table was taken out; an undo brings it back.'
      : 'There is no clinical table.',
  };
}

const tableText = ({ file, importedAt, patients, withoutRow, columns }: ClinicalTable): string =>
  paragraphs(
    `${plain(file)}, imported ${importedAt}: ${counted(columns.length, 'column')} of ${counted(patients, 'patient')}.`,
    columnsText(columns),
    without(withoutRow),
  );

function describe(report: TableReport): string {
  const taken = report.columns.flatMap(({ column, summary }) =>
    column === null || summary === null ? [] : [{ column, summary }],
  );
  const leftOut = report.columns
    .filter(({ column }) => column === null)
    .map(({ header, leftOut: why }) => `  ${plain(header)}: ${plain(why)}`);
  return paragraphs(
    headline(report, taken.length),
    columnsText(taken),
    leftOut.length > 0 && `Left out:\n${leftOut.join('\n')}`,
    some('Patients who are not in the project', report.unknown),
    without(report.withoutRow),
    refused(report.refusedCells),
    warnings([...report.problems, ...report.warnings]),
  );
}

function headline({ file, dryRun, alreadyPresent, problems, matched }: TableReport, columns: number): string {
  const what = `${counted(columns, 'column')} of ${counted(matched, 'patient')}`;
  if (problems.length > 0) return `Dry run. ${plain(file)} cannot come in as it is.`;
  if (alreadyPresent) return `${what}: just this table is in the project already.`;
  return dryRun ? `Dry run, nothing was changed. It would bring ${what}.` : `Brought ${what}.`;
}

function columnsText(columns: readonly { column: ClinicalColumn; summary: ColumnSummary }[]): string {
  const titles = [
    { title: 'Column' },
    { title: 'Kind' },
    { title: 'Unit' },
    { title: 'Values' },
    { title: 'Missing', align: 'right' as const },
    { title: 'Far out', align: 'right' as const },
  ];
  const rows = columns.map(({ column, summary }) => [
    column.name,
    kindWords[column.kind],
    column.kind === 'number' ? column.unit : '',
    valuesText(summary),
    percent(summary.missing / Math.max(1, summary.missing + summary.values)),
    count(summary.numbers?.outliers ?? 0),
  ]);
  return rows.length === 0 ? '' : aligned(titles, rows);
}

const kindWords = { number: 'number', yesNo: 'yes or no', category: 'category' } as const;
const figure = (value: number): string => String(Number(value.toPrecision(4)));

function valuesText({ numbers, counts }: ColumnSummary): string {
  if (numbers !== null)
    return `${figure(numbers.low)} to ${figure(numbers.high)}, median ${figure(numbers.median)}`;
  return listed((counts ?? []).map(({ value, n }) => `${plain(value)} (${count(n)})`));
}

function some(what: string, { n, first }: { n: number; first: readonly string[] }): string {
  if (n === 0) return '';
  const more = n > first.length ? ` and ${count(n - first.length)} more` : '';
  return `${what}: ${count(n)} (${first.map(plain).join(', ')}${more}).`;
}

const without = (patients: { n: number; first: readonly string[] }): string =>
  some('Patients of the project without a row', patients);

function refused({ n, first }: TableReport['refusedCells']): string {
  if (n === 0) return '';
  const lines = first.map(({ message }) => `  ${plain(message)}`);
  if (n > first.length) lines.push(`  and ${count(n - first.length)} more`);
  return `${counted(n, 'cell')} that ${n === 1 ? 'counts' : 'count'} as missing:\n${lines.join('\n')}`;
}
