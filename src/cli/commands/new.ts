import { defineCommand } from '../command.ts';
import { parseList } from '../parse.ts';

export default defineCommand<[string], { template?: string; classes?: string[]; name?: string }>({
  configure: (command) =>
    void command
      .argument('<project>', 'folder to make')
      .option('--template <id>', 'template that sets task and defaults')
      .option('--classes <a,b>', 'class names; without, the first labelled import creates them', parseList)
      .option('--name <text>', 'name shown; without, that of the folder'),
  examples: [
    'new chest --template pneumonia',
    'new fractures --classes normal,fracture --name "Wrist study"',
  ],
  async run(context, [path], options) {
    const client = await context.client();
    const made = await client.project.create({ path: context.resolve(path), ...options });
    const classes = made.classes.map((entry) => entry.name);
    return {
      document: { project: made.path, template: made.template, task: made.task, classes },
      text:
        `Made ${made.path} (template ${made.template}, ${made.task}).\n` +
        (classes.length === 0
          ? 'The first labelled import creates its classes.'
          : `Classes: ${classes.join(', ')}.`),
    };
  },
});
