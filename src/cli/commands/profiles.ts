import { ReadroomError } from '../../contract/errors.ts';
import type { Needed, Profile, Reach, Role } from '../../contract/profile.ts';
import { type CommandContext, defineCommand, type Outcome } from '../command.ts';
import { plain, table } from '../format.ts';
import { openProject } from '../work.ts';

interface Options {
  project?: string;
  role?: Role;
}

const roles: readonly Role[] = ['reader', 'adjudicator', 'owner'];

export default defineCommand<[string, string | undefined], Options>({
  configure: (command) =>
    void command
      .addArgument(
        command.createArgument('<action>', 'what to do').choices(['list', 'add', 'reset', 'remove', 'reach']),
      )
      .argument('[name]', 'whose profile')
      .option(
        '--project <folder>',
        'of add: the person also becomes a member of this project; of reach: in which one',
      )
      .addOption(
        command.createOption('--role <role>', 'of add with --project; without, reader').choices([...roles]),
      ),
  examples: [
    'profiles add "Ada Lovelace" --project chest --role reader',
    'profiles list',
    'profiles reset "Ada Lovelace"',
    'profiles remove "Ada Lovelace"',
    'profiles reach "Ada Lovelace" --project chest',
  ],
  async run(context, [action, name], options) {
    if (action !== 'add' && options.role !== undefined)
      throw new ReadroomError('usage', '--role belongs to add.', 'Leave it out.');
    if (action !== 'add' && action !== 'reach' && options.project !== undefined)
      throw new ReadroomError('usage', '--project belongs to add and reach.', 'Leave it out.');
    if (options.role !== undefined && options.project === undefined) {
      throw new ReadroomError('usage', '--role is a role in a project.', 'Name it with --project.');
    }
    const client = await context.client();
    if (action === 'list') return listed(await client.profile.list());
    if (name === undefined) {
      throw new ReadroomError('usage', `${action} needs a name.`, 'Give it in quotes when it has spaces.');
    }
    if (action === 'reach') {
      if (options.project === undefined)
        throw new ReadroomError(
          'usage',
          'How far somebody reaches is told of a project.',
          'Name it with --project.',
        );
      const { project } = await openProject(context, options.project, 'read');
      return reached(name, await client.profile.reach({ reader: name, project: project.project }));
    }
    if (action === 'remove') {
      const profiles = await client.profile.remove({ name });
      return { document: { profiles }, text: `${plain(name)} cannot sign in any more.` };
    }
    if (action === 'reset') {
      return withSecret(name, (await client.profile.reset({ name })).secret, 'The old secret holds no more.');
    }
    // The project first: one that cannot be opened leaves no profile behind.
    const opened = options.project === undefined ? null : await openForMember(context, options.project);
    const { secret } = await client.profile.add({ name });
    if (opened === null) return withSecret(name, secret, 'A project takes them in under Settings, Readers.');
    const role = options.role ?? 'reader';
    await client.reader.add({ project: opened.project.project, name, role });
    return withSecret(name, secret, `In ${plain(opened.project.name)} with the role ${role}.`);
  },
});

/** Opens the project that takes a person in. @throws ReadroomError `projectLocked`, with what does it meanwhile */
async function openForMember(context: CommandContext, folder: string) {
  try {
    return await openProject(context, folder, 'write');
  } catch (error) {
    if (!(error instanceof ReadroomError) || error.code !== 'projectLocked') throw error;
    throw new ReadroomError(
      'projectLocked',
      error.message,
      'Where it is open, Settings, Readers, “Let a person sign in” does the same. Or close it there (Ctrl K, Close the project) and try again. Nobody was added.',
      { ...error.data },
    );
  }
}

function withSecret(name: string, secret: string, more: string): Outcome {
  return {
    document: { name, secret },
    text: `${secret}\nThe secret of ${plain(name)}, shown this once. ${more}`,
  };
}

const needs: Record<Needed, string> = {
  reader: 'a reader of the project',
  adjudicator: 'an adjudicator',
  owner: 'an owner',
  machine: 'who works at the machine',
};

function reached(name: string, { role, refused }: Reach): Outcome {
  const rows = Object.entries(refused).map(([call, needed]) => [call, needs[needed]]);
  const titles = ['Refused', 'For'].map((title) => ({ title }));
  const as = role === null ? 'takes no part in it' : `takes part as ${role}`;
  return { document: { name, role, refused }, text: `${plain(name)} ${as}.\n${table(titles, rows)}` };
}

function listed(profiles: readonly Profile[]): Outcome {
  const rows = profiles.map(({ name, createdAt }) => [plain(name), createdAt]);
  const titles = ['Name', 'Since (UTC)'].map((title) => ({ title }));
  return {
    document: { profiles },
    text: rows.length === 0 ? 'Nobody can sign in: there is no profile yet.' : table(titles, rows),
  };
}
