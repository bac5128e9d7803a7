import { ReadroomError } from '../../contract/errors.ts';
import {
  exportFormats,
  exportFormatSchema,
  exportResultSchema,
  type ExportFormat,
} from '../../contract/run.ts';
import { counted } from '../../core/words.ts';
import { defineCommand } from '../command.ts';
import { paragraphs, table } from '../format.ts';
import { notImplementedYet } from '../not-yet.ts';
import { parseList } from '../parse.ts';
import { finishJob, openProject } from '../work.ts';

export default defineCommand<[string, string], { to: string; formats?: string[] }>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .argument('<run>', 'run id, its beginning, or latest')
      .requiredOption('--to <folder>', 'folder to make')
      .option('--formats <a,b>', `of ${exportFormats.join(', ')}; without, all`, parseList),
  examples: ['export chest latest --to chest-model', 'export chest latest --to chest-model --formats onnx'],
  async run(context, [path, run], { to, formats }) {
    const wanted = formats?.map(knownFormat);
    const { client, project } = await openProject(context, path, 'read');
    const started = await client.run.export({
      project: project.project,
      run,
      to: context.resolve(to),
      ...(wanted && { formats: wanted }),
    });
    const result = await finishJob(context, started, exportResultSchema, { what: 'Exporting' });
    const trips = Object.entries(result.roundTrip).map(([format, { maxAbsDiff, n }]) => [
      format,
      maxAbsDiff.toExponential(1),
      String(n),
    ]);
    return {
      document: { ...result },
      text: paragraphs(
        `Wrote ${counted(result.files.length, 'file')} to ${result.folder} (${result.formats.join(', ')}).`,
        trips.length > 0 &&
          table(
            [
              { title: 'Round trip' },
              { title: 'Largest difference', align: 'right' },
              { title: 'Examples', align: 'right' },
            ],
            trips,
          ),
        `Check it anywhere with: readroom verify ${to}`,
      ),
    };
  },
});

function knownFormat(format: string): ExportFormat {
  if (format === 'keras') throw notImplementedYet('Export to Keras', 'Leave keras out of --formats.');
  const known = exportFormatSchema.safeParse(format);
  if (known.success) return known.data;
  throw new ReadroomError(
    'usage',
    `"${format}" is no export format.`,
    `Formats: ${exportFormats.join(', ')}.`,
  );
}
