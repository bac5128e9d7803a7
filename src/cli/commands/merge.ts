import { type MergeReport, mergeReportSchema } from '../../contract/merge.ts';
import { count, counted } from '../../core/words.ts';
import { defineCommand } from '../command.ts';
import { paragraphs } from '../format.ts';
import { finishJob, openProject } from '../work.ts';

export default defineCommand<[string, string], { reader?: string }>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .argument('<other>', 'folder of another copy of it, which is only read')
      .option('--reader <name>', 'who merges; without, your user name'),
  examples: ['merge chest /media/stick/chest'],
  async run(context, [path, other], { reader }) {
    const { client, project } = await openProject(context, path, 'write');
    const started = await client.merge.merge({
      project: project.project,
      other: context.resolve(other),
      reader: reader ?? context.host.userName,
    });
    const report = await finishJob(context, started, mergeReportSchema, { what: 'Merging' });
    return { document: { ...report }, text: describe(report, path) };
  },
});

function describe(
  { events, images, missing, readers, conflicts, labelled }: MergeReport,
  path: string,
): string {
  const came =
    events + images === 0
      ? 'Nothing new: everything that was done there is here.'
      : `Took over ${counted(events, 'change')}, ${counted(images, 'image')} and ${counted(readers, 'reader')}; ${counted(labelled, 'image')} labelled now.`;
  return paragraphs(
    came,
    missing > 0 && `The files of ${counted(missing, 'image')} are not on this machine.`,
    conflicts > 0 &&
      `Both copies changed ${count(conflicts)} of the same things to different ends; the later change stands. See them: readroom conflicts ${path}`,
  );
}
