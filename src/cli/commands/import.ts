import {
  mostPlannedFiles,
  importReportSchema,
  type ImportReport,
  type PlannedFile,
} from '../../contract/import.ts';
import { count, counted } from '../../core/words.ts';
import { defineCommand } from '../command.ts';
import { paragraphs, plain, table, warnings } from '../format.ts';
import { parsePatient, type PatientRule } from '../parse.ts';
import { finishJob, openProject } from '../work.ts';

interface Options {
  labels?: string;
  patient?: PatientRule;
  splitFrom?: 'folder';
  copy?: true;
  dryRun?: true;
  reader?: string;
}

const shownRefusals = 20;
const shownFiles = 20;

export default defineCommand<[string, string[]], Options>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .argument('<source...>', 'files, folders or ZIP archives')
      .option('--labels <rule>', 'folder, none, or a CSV file')
      .option('--patient <rule>', 'folder, tag, column:NAME or regex:RE', parsePatient)
      .addOption(
        command.createOption('--split-from <rule>', 'read train, val and test levels').choices(['folder']),
      )
      .option('--copy', "copy files into the project's originals/")
      .option('--reader <name>', 'who imports, and can undo it; without, your user name')
      .option('--dry-run', 'only say what would happen'),
  examples: [
    'import chest films --labels folder --patient folder',
    "import chest xrays.zip --patient 'regex:(P[0-9]+)_'",
    'import digits train test --split-from folder',
    'import chest films --labels labels.csv --patient column:patient --dry-run',
  ],
  async run(context, [path, sources], options) {
    const { labels, patient, splitFrom, copy, dryRun } = options;
    const { client, project } = await openProject(context, path, dryRun ? 'read' : 'write');
    const started = await client.dataset.import({
      project: project.project,
      sources: sources.map((source) => context.resolve(source)),
      ...(labels !== undefined && { labels: labelRule(labels, context.resolve) }),
      patient: patient ?? null,
      splitFrom: splitFrom ?? null,
      copy: copy ?? false,
      reader: options.reader ?? context.host.userName,
      dryRun: dryRun ?? false,
    });
    const report = await finishJob(context, started, importReportSchema, { what: 'Importing' });
    return { document: { ...report }, text: describe(report) };
  },
});

function labelRule(text: string, resolve: (path: string) => string) {
  if (text === 'folder' || text === 'none') return { from: text } as const;
  return { from: 'table', file: resolve(text) } as const;
}

function describe(report: ImportReport): string {
  const would = report.dryRun ? 'Dry run, nothing was changed. It would add' : 'Added';
  const head = [
    `${would} ${counted(report.added, 'image')}; ${count(report.alreadyPresent)} already present, ${count(report.refused.length)} refused.`,
    `The project ${report.dryRun ? 'would hold' : 'holds'} ${counted(report.images, 'image')} of ${counted(report.patients, 'patient')}, ${count(report.labelled)} labelled.`,
    ...(report.series === undefined
      ? []
      : [`${counted(report.series, 'series')} of ${counted(report.studies ?? 0, 'study')}.`]),
  ].join('\n');
  const classes = Object.entries(report.byClass);
  const refused = report.refused
    .slice(0, shownRefusals)
    .map(({ file, code, message }) => `  ${plain(file)}: ${plain(message)} [${code}]`);
  const more = report.refused.length - refused.length;
  if (more > 0) refused.push(`  and ${count(more)} more; --json lists all`);
  return paragraphs(
    head,
    classes.length > 0 &&
      table(
        [{ title: 'Class' }, { title: 'Images', align: 'right' }],
        classes.map(([name, images]) => [name, count(images)]),
      ),
    refused.length > 0 && `Refused:\n${refused.join('\n')}`,
    report.files && describeFiles(report.files),
    warnings(report.warnings),
  );
}

/** The first files that would come in or are there already; refused ones stand above. */
function describeFiles(files: readonly PlannedFile[]): string | false {
  const accepted = files.filter(({ state }) => state !== 'refused');
  if (accepted.length === 0) return false;
  const rows = accepted
    .slice(0, shownFiles)
    .map(({ file, state, class: label, patient, part, width, height, reason }) => [
      plain(file),
      state,
      plain(label ?? '–'),
      plain(patient ?? '–'),
      part ?? '–',
      `${width} × ${height}`,
      plain(reason ?? ''),
    ]);
  const columns = ['File', 'State', 'Class', 'Patient', 'Part', 'Size', ''].map((title) => ({ title }));
  const more = accepted.length - rows.length;
  return `${table(columns, rows)}${more > 0 ? `\nand ${count(more)} more; --json lists up to ${count(mostPlannedFiles)}` : ''}`;
}
