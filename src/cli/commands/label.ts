import { ReadroomError } from '../../contract/errors.ts';
import { defineCommand } from '../command.ts';
import { plain } from '../format.ts';
import { parseNumber } from '../parse.ts';
import { openProject } from '../work.ts';

interface Options {
  class?: string;
  value?: number;
  clear?: true;
  reader?: string;
}

export default defineCommand<[string, string], Options>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .argument('<image>', 'id or file name')
      .option('--class <name>', 'the class')
      .option('--value <number>', 'the number, for regression', parseNumber)
      .option('--clear', 'take the label away')
      .option('--reader <name>', 'who labels; without, your user name'),
  examples: ['label chest P0001-1.png --class pneumonia --reader "Dr Weber"'],
  async run(context, [path, image], options) {
    const given = [options.class, options.value, options.clear].filter((value) => value !== undefined);
    if (given.length !== 1) {
      throw new ReadroomError(
        'usage',
        'A label needs exactly one of --class, --value and --clear.',
        'See: readroom label --help',
      );
    }
    const { client, project } = await openProject(context, path, 'write');
    const result = await client.label.set({
      project: project.project,
      image,
      reader: options.reader ?? context.host.userName,
      ...(options.value === undefined ? { class: options.class ?? null } : { value: options.value }),
    });
    return {
      document: { ...result },
      text: `${plain(image)}: ${result.label === null ? 'label taken away' : plain(String(result.label))} (reader ${plain(result.reader)}).`,
    };
  },
});
