import { ReadroomError } from '../../contract/errors.ts';
import type { LabelClass, ProjectSummary } from '../../contract/project.ts';
import type { EngineClient } from '../../rpc/jobs.ts';
import { classId } from '../class-id.ts';
import { type CommandContext, defineCommand, type Outcome } from '../command.ts';
import { plain, table } from '../format.ts';
import { openProject } from '../work.ts';

interface Options {
  to?: string;
  into?: string[];
  reader?: string;
}

/** Actions that change classes: what `names` and `--to` are. */
const changes = ['add', 'rename', 'retire', 'merge', 'split', 'order'] as const;
type Change = (typeof changes)[number];
const isChange = (action: string): action is Change => (changes as readonly string[]).includes(action);

export default defineCommand<[string, string, string[]], Options>({
  configure: (command) =>
    void command
      .addArgument(
        command.createArgument('<action>', 'what to do').choices(['list', 'retired', 'versions', ...changes]),
      )
      .argument('<project>', 'project folder')
      .argument(
        '[names...]',
        'classes: to add, to rename, to retire, to merge, to split, or all in a new order',
      )
      .option('--to <name>', 'of rename the new name, of merge the class that the others count as')
      .option('--into <names...>', 'of split: the new classes; labels count as the first')
      .option('--reader <name>', 'who changes them, and can undo it; without, your user name'),
  examples: [
    'classes list chest',
    'classes merge chest OPACITY INFILTRATE --to PNEUMONIA',
    'classes split chest NODULE --into SOLID SUBSOLID',
    'classes versions chest',
  ],
  async run(context, [action, path, names], options) {
    if (action === 'list') return listed((await openProject(context, path, 'read')).project.classes);
    if (action === 'retired') return retired(context, path);
    if (action === 'versions') return versions(context, path);
    if (!isChange(action)) throw new ReadroomError('usage', `"${action}" is not known.`);
    const { client, project } = await openProject(context, path, 'write');
    return listed(await change({ client, project, context }, action, names, options));
  },
});

function listed(classes: readonly LabelClass[]): Outcome {
  const rows = classes.map(({ name, key, color }) => [plain(name), key ?? '–', color]);
  const titles = ['Class', 'Key', 'Colour'].map((title) => ({ title }));
  return {
    document: { classes },
    text: rows.length === 0 ? 'No class yet.' : table(titles, rows),
  };
}

/** Those that `add` brings back. */
async function retired(context: CommandContext, path: string): Promise<Outcome> {
  const { client, project } = await openProject(context, path, 'read');
  const found = await client.class.retired({ project: project.project });
  const rows = found.map(({ name, color, retiredAt }) => [plain(name), color, retiredAt]);
  const titles = ['Class', 'Colour', 'Out of use since (UTC)'].map((title) => ({ title }));
  return {
    document: { retired: found },
    text: rows.length === 0 ? 'No class was taken out of use.' : table(titles, rows),
  };
}

async function versions(context: CommandContext, path: string): Promise<Outcome> {
  const { client, project } = await openProject(context, path, 'read');
  const found = await client.class.versions({ project: project.project });
  const rows = found.map(({ version, at, actor, what, names }) => [
    String(version),
    at,
    plain(actor),
    plain(what),
    plain(names.join(', ')),
  ]);
  const titles = ['Version', 'When (UTC)', 'Who', 'What', 'Classes'].map((title) => ({ title }));
  return {
    document: { versions: found },
    text: rows.length === 0 ? 'The classes were never changed.' : table(titles, rows),
  };
}

function change(
  { client, project, context }: { client: EngineClient; project: ProjectSummary; context: CommandContext },
  action: Change,
  names: readonly string[],
  options: Options,
): Promise<LabelClass[]> {
  const by = { project: project.project, reader: options.reader ?? context.host.userName };
  const id = (name: string | undefined): string => classId(project, required(name, 'The name of a class'));
  const [first] = names;
  switch (action) {
    case 'add':
      return client.class.add({ ...by, name: required(first, 'the name of the class') });
    case 'rename':
      return client.class.change({ ...by, class: id(first), name: required(options.to, '--to') });
    case 'retire':
      return client.class.retire({ ...by, class: id(first) });
    case 'merge':
      return client.class.merge({ ...by, classes: names.map(id), into: id(required(options.to, '--to')) });
    case 'split': {
      const into = (options.into ?? []).map((name) => ({ name }));
      if (into.length < 2) required(undefined, '--into with two names at least');
      return client.class.split({ ...by, class: id(first), into });
    }
    case 'order':
      return client.class.reorder({ ...by, classes: names.map(id) });
  }
}

function required(value: string | undefined, what: string): string {
  if (value !== undefined) return value;
  throw new ReadroomError('usage', `${what} is missing.`, 'See: readroom classes --help');
}
