import { ReadroomError } from '../../contract/errors.ts';
import { fileWrittenSchema } from '../../contract/run.ts';
import { defineCommand } from '../command.ts';
import { bytes } from '../format.ts';
import { notImplementedYet } from '../not-yet.ts';
import { finishJob, openProject } from '../work.ts';

export default defineCommand<[string, string], { to: string }>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .argument('<run>', 'run id, its beginning, or latest')
      .requiredOption('--to <file>', 'file to write, .html'),
  examples: ['report chest latest --to chest-report.html'],
  async run(context, [path, run], { to }) {
    if (/\.pdf$/i.test(to))
      throw notImplementedYet('A report as PDF', 'Give a file that ends in .html, and print it.');
    if (!/\.html?$/i.test(to)) {
      throw new ReadroomError(
        'usage',
        `A report cannot be written as "${to}".`,
        'Give a file that ends in .html.',
      );
    }
    const { client, project } = await openProject(context, path, 'read');
    const started = await client.run.report({ project: project.project, run, to: context.resolve(to) });
    const written = await finishJob(context, started, fileWrittenSchema, { what: 'Writing the report' });
    return { document: { ...written }, text: `Wrote ${written.file} (${bytes(written.bytes)}).` };
  },
});
