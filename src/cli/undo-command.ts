import { type CliCommand, defineCommand } from './command.ts';
import { plain } from './format.ts';
import { openProject } from './work.ts';

/** The commands that go back and forth in one reader's own labels. */
export function undoCommand(direction: 'undo' | 'redo'): CliCommand {
  return defineCommand<[string], { reader?: string }>({
    configure: (command) =>
      void command
        .argument('<project>', 'project folder')
        .option('--reader <name>', 'whose last label; without, your user name'),
    examples: [`${direction} chest --reader "Dr Weber"`],
    async run(context, [path], { reader = context.host.userName }) {
      const { client, project } = await openProject(context, path, 'write');
      const result = await client.label[direction]({ project: project.project, reader });
      const whose = plain(result.reader);
      const now = result.label === null ? 'has no label' : `says ${plain(String(result.label))}`;
      const what =
        result.count === 1
          ? `Image ${result.image}: ${whose} ${now} again.`
          : `${result.count} images: ${whose} says again what stood there before.`;
      return { document: { ...result }, text: `${what} What other readers and the import said stands.` };
    },
  });
}
