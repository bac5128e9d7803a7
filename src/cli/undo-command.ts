import { type CliCommand, defineCommand } from './command.ts';
import { plain } from './format.ts';
import { openProject } from './work.ts';

/** The commands that go back and forth in what one reader did. */
export function undoCommand(direction: 'undo' | 'redo'): CliCommand {
  const done = direction === 'undo' ? 'Taken back' : 'Done again';
  return defineCommand<[string], { reader?: string }>({
    configure: (command) =>
      void command
        .argument('<project>', 'project folder')
        .option('--reader <name>', 'whose last action; without, your user name'),
    examples: [`${direction} chest --reader "Dr Weber"`],
    async run(context, [path], { reader = context.host.userName }) {
      const { client, project } = await openProject(context, path, 'write');
      const result = await client.label[direction]({ project: project.project, reader });
      return {
        document: { ...result },
        text: `${done}: ${plain(result.what)} (by ${plain(result.reader)}).`,
      };
    },
  });
}
