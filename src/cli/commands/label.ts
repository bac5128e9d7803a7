import { ReadroomError } from '../../contract/errors.ts';
import { defineCommand } from '../command.ts';
import { plain } from '../format.ts';
import { parseNumber } from '../parse.ts';
import { openProject } from '../work.ts';

interface Options {
  class?: string;
  value?: number;
  none?: true;
  clear?: true;
  reader?: string;
}

export default defineCommand<[string, string], Options>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .argument('<image>', 'id or file name')
      .option('--class <name>', 'the class; where labels are sets of classes several, joined by commas')
      .option('--value <number>', 'the number, where labels are numbers', parseNumber)
      .option('--none', 'none of the classes, where labels are sets of classes')
      .option('--clear', 'take the label away')
      .option('--reader <name>', 'who labels; without, your user name'),
  examples: [
    'label chest P0001-1.png --class pneumonia --reader "Dr Weber"',
    'label findings P0001-1.png --class "effusion,mass"',
    'label bone-age hand.dcm --value 84',
  ],
  async run(context, [path, image], options) {
    const { class: name, value, none, clear } = options;
    if ([name, value, none, clear].filter((given) => given !== undefined).length !== 1) {
      throw new ReadroomError(
        'usage',
        'A label needs exactly one of --class, --value, --none and --clear.',
        'See: readroom label --help',
      );
    }
    const { client, project } = await openProject(context, path, 'write');
    if (none && project.labels.kind !== 'multi') {
      throw new ReadroomError(
        'usage',
        '--none says that no class of a set is present, and labels of this project are no sets.',
        'Take a label away with --clear.',
      );
    }
    const result = await client.label.set({
      project: project.project,
      image,
      reader: options.reader ?? context.host.userName,
      ...(value === undefined ? { class: none ? '' : (name ?? null) } : { value }),
    });
    const text = result.label === '' ? 'none of the classes' : result.label;
    return {
      document: { ...result },
      text: `${plain(image)}: ${text === null ? 'label taken away' : plain(String(text))} (reader ${plain(result.reader)}).`,
    };
  },
});
