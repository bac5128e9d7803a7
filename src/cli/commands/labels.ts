import { ReadroomError } from '../../contract/errors.ts';
import {
  labelExportResultSchema,
  type LabelFormat,
  labelFormats,
  type LabelImportReport,
  labelImportReportSchema,
  type WhichLabels,
} from '../../contract/interchange.ts';
import { count, counted, listed } from '../../core/words.ts';
import type { EngineClient } from '../../rpc/jobs.ts';
import { type CommandContext, defineCommand, type Outcome } from '../command.ts';
import { paragraphs, plain, warnings } from '../format.ts';
import { finishJob, openProject } from '../work.ts';

interface Options {
  format?: LabelFormat;
  to?: string;
  which?: string[];
  view?: string;
  reader?: string;
  dryRun?: true;
}

const shownRefusals = 20;

export default defineCommand<[string, string, string | undefined], Options>({
  configure: (command) =>
    void command
      .addArgument(command.createArgument('<action>', 'what to do').choices(['export', 'import']))
      .argument('<project>', 'project folder')
      .argument('[source]', 'of an import: the file; for yolo and mask-png the folder, for DICOM either')
      .addOption(
        command.createOption('--format <format>', 'of the file').choices(labelFormats).makeOptionMandatory(),
      )
      .option('--to <path>', 'of an export: the new file, or for yolo, mask-png and DICOM a folder')
      .option('--which <words...>', 'of an export: record, reader NAME or all; without, all')
      .option('--view <name>', 'of an export: only the images of this saved view')
      .option('--reader <name>', 'of an import: who can take it back; without, your user name')
      .option('--dry-run', 'of an import: only say what would happen'),
  examples: [
    'labels export chest --format csv --to labels.csv --which record',
    'labels export chest --format coco --to boxes.json --which reader "Dr Weber"',
    'labels export chest --format yolo --to boxes --view "Second look"',
    'labels import chest boxes.json --format coco --dry-run',
    'labels import brain masks --format mask-png',
    'labels export ct --format dicom-seg --to segmentations',
  ],
  run: (context, [action, path, source], options) =>
    action === 'export'
      ? exportLabels(context, path, source, options)
      : importLabels(context, path, source, options),
});

async function exportLabels(
  context: CommandContext,
  path: string,
  source: string | undefined,
  { format, to, which, view }: Options,
): Promise<Outcome> {
  if (source !== undefined || to === undefined) {
    throw new ReadroomError('usage', 'An export needs --to and no source.', 'See: readroom labels --help');
  }
  const { client, project } = await openProject(context, path, 'read');
  const started = await client.interchange.export({
    project: project.project,
    format: format!,
    to: context.resolve(to),
    which: whichLabels(which ?? ['all']),
    ...(view !== undefined && { view: await openSavedView(client, project.project, view) }),
  });
  const result = await finishJob(context, started, labelExportResultSchema, { what: 'Exporting' });
  const shapes = counted(result.shapes, 'shape');
  const lines = counted(result.labels, 'line');
  const what =
    format === 'csv'
      ? lines
      : format === 'dicom-sr'
        ? `${shapes} and ${counted(result.labels, 'label')}`
        : shapes;
  return {
    document: { ...result },
    text: paragraphs(
      `Wrote ${what} of ${counted(result.images, 'image')} to ${result.to}.`,
      warnings(result.warnings),
    ),
  };
}

/** @throws ReadroomError `usage` where no view is called so */
async function openSavedView(client: EngineClient, project: string, name: string): Promise<string> {
  const views = await client.dataset.savedViews({ project });
  const found = views.find((view) => view.name.toLowerCase() === name.toLowerCase());
  if (found) return (await client.dataset.openView({ project, query: found.query })).view;
  const known = views.map((view) => `"${view.name}"`);
  throw new ReadroomError(
    'usage',
    `There is no saved view "${name}".`,
    known.length === 0 ? 'Save one on the Images screen.' : `There are ${listed(known)}.`,
  );
}

function whichLabels([of, ...rest]: string[]): WhichLabels {
  const reader = rest.join(' ');
  if (of === 'reader' && reader !== '') return { of, reader };
  if ((of === 'record' || of === 'all') && reader === '') return { of };
  throw new ReadroomError(
    'usage',
    `--which does not know "${[of, ...rest].join(' ')}".`,
    'It takes record, all, or reader NAME.',
  );
}

async function importLabels(
  context: CommandContext,
  path: string,
  source: string | undefined,
  { format, reader, dryRun }: Options,
): Promise<Outcome> {
  if (source === undefined) {
    throw new ReadroomError('usage', 'An import needs a file or folder.', 'See: readroom labels --help');
  }
  const { client, project } = await openProject(context, path, dryRun ? 'read' : 'write');
  const started = await client.interchange.import({
    project: project.project,
    format: format!,
    source: context.resolve(source),
    reader: reader ?? context.host.userName,
    dryRun: dryRun ?? false,
  });
  const report = await finishJob(context, started, labelImportReportSchema, { what: 'Importing' });
  return { document: { ...report }, text: describe(report) };
}

function describe(report: LabelImportReport): string {
  const would = report.dryRun ? 'Dry run, nothing was changed. It would bring' : 'Brought';
  const came = `${counted(report.labels, 'label')} and ${counted(report.shapes, 'shape')} on ${counted(report.images, 'image')}`;
  const refused = report.refused
    .slice(0, shownRefusals)
    .map(({ where, code, message }) => `  ${plain(where)}: ${plain(message)} [${code}]`);
  const more = report.refusedTotal - refused.length;
  if (more > 0) refused.push(`  and ${count(more)} more`);
  return paragraphs(
    `${would} ${came}; ${count(report.alreadyPresent)} already present, ${count(report.refusedTotal)} refused.`,
    report.newClasses.length > 0 && `New classes: ${report.newClasses.map(plain).join(', ')}.`,
    refused.length > 0 && `Refused:\n${refused.join('\n')}`,
    warnings(report.warnings),
  );
}
