import { splitReportSchema, splitParts, type SplitReport } from '../../contract/split.ts';
import { count, counted } from '../../core/words.ts';
import { defineCommand } from '../command.ts';
import { paragraphs, table, warnings } from '../format.ts';
import { parseNumber, parseWhole } from '../parse.ts';
import { finishJob, openProject } from '../work.ts';

interface Options {
  train?: number;
  val?: number;
  test?: number;
  seed?: number;
  folds?: number;
  by?: 'patient' | 'image';
  reset?: true;
  dryRun?: true;
}

export default defineCommand<[string], Options>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .option('--train <share>', 'share of the images, e.g. .7', parseNumber)
      .option('--val <share>', 'share for validation, e.g. .15', parseNumber)
      .option('--test <share>', 'share for the test, e.g. .15', parseNumber)
      .option('--seed <n>', 'seed of the shuffle', parseWhole)
      .option('--folds <k>', 'cross-validation folds beside a fixed test part', parseWhole)
      .addOption(
        command.createOption('--by <unit>', 'what never stands in two parts').choices(['patient', 'image']),
      )
      .option('--reset', 'start over: imported parts are given up')
      .option('--dry-run', 'only say what the split would be'),
  examples: [
    'split chest',
    'split chest --seed 7 --dry-run',
    'split chest --train .7 --val .15 --test .15 --seed 7',
    'split chest --folds 5',
  ],
  async run(context, [path], options) {
    const { client, project } = await openProject(context, path, options.dryRun ? 'read' : 'write');
    const started = await client.dataset.split({ project: project.project, ...options });
    const report = await finishJob(context, started, splitReportSchema, { what: 'Splitting' });
    return { document: { ...report }, text: describe(report, options.dryRun ?? false) };
  },
});

function describe(report: SplitReport, dryRun: boolean): string {
  const parts = splitParts.map((part) => ({ title: part, align: 'right' as const }));
  const rows = [
    ['images', ...splitParts.map((part) => count(report.counts[part]))],
    ['patients', ...splitParts.map((part) => count(report.patients[part]))],
    ...Object.entries(report.byClass).map(([name, perPart]) => [
      name,
      ...splitParts.map((part) => count(perPart[part])),
    ]),
  ];
  const folds = report.folds?.map((fold, index) => [String(index), count(fold.train), count(fold.val)]);
  return paragraphs(
    `${dryRun ? 'Dry run, nothing was changed. The split would be' : 'Split'} by ${report.by}, seed ${report.seed}. Dataset version ${report.version.slice(0, 12)}.`,
    table([{ title: '' }, ...parts], rows),
    folds &&
      `${counted(folds.length, 'fold')}:\n` +
        table(
          [
            { title: 'Fold', align: 'right' },
            { title: 'train', align: 'right' },
            { title: 'val', align: 'right' },
          ],
          folds,
        ),
    warnings(report.warnings),
  );
}
