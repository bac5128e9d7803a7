import { ReadroomError } from '../../contract/errors.ts';
import type { Profile, Role } from '../../contract/profile.ts';
import { defineCommand, type Outcome } from '../command.ts';
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
        command.createArgument('<action>', 'what to do').choices(['list', 'add', 'reset', 'remove']),
      )
      .argument('[name]', 'whose profile')
      .option('--project <folder>', 'of add: the person also becomes a member of this project')
      .addOption(
        command.createOption('--role <role>', 'of add with --project; without, reader').choices([...roles]),
      ),
  examples: [
    'profiles add "Ada Lovelace" --project chest --role reader',
    'profiles list',
    'profiles reset "Ada Lovelace"',
    'profiles remove "Ada Lovelace"',
  ],
  async run(context, [action, name], options) {
    if (action !== 'add' && (options.project !== undefined || options.role !== undefined)) {
      throw new ReadroomError('usage', '--project and --role belong to add.', 'Leave them out.');
    }
    if (options.role !== undefined && options.project === undefined) {
      throw new ReadroomError('usage', '--role is a role in a project.', 'Name it with --project.');
    }
    const client = await context.client();
    if (action === 'list') return listed(await client.profile.list());
    if (name === undefined) {
      throw new ReadroomError('usage', `${action} needs a name.`, 'Give it in quotes when it has spaces.');
    }
    if (action === 'remove') {
      const profiles = await client.profile.remove({ name });
      return { document: { profiles }, text: `${plain(name)} cannot sign in any more.` };
    }
    if (action === 'reset') {
      return withSecret(name, (await client.profile.reset({ name })).secret, 'The old secret holds no more.');
    }
    // The project first: one that cannot be opened leaves no profile behind.
    const opened =
      options.project === undefined ? null : await openProject(context, options.project, 'write');
    const { secret } = await client.profile.add({ name });
    if (opened === null) return withSecret(name, secret, 'A project takes them in under Settings, Readers.');
    const role = options.role ?? 'reader';
    await client.reader.add({ project: opened.project.project, name, role });
    return withSecret(name, secret, `In ${plain(opened.project.name)} with the role ${role}.`);
  },
});

function withSecret(name: string, secret: string, more: string): Outcome {
  return {
    document: { name, secret },
    text: `${secret}\nThe secret of ${plain(name)}, shown this once. ${more}`,
  };
}

function listed(profiles: readonly Profile[]): Outcome {
  const rows = profiles.map(({ name, createdAt }) => [plain(name), createdAt]);
  const titles = ['Name', 'Since (UTC)'].map((title) => ({ title }));
  return {
    document: { profiles },
    text: rows.length === 0 ? 'Nobody can sign in: there is no profile yet.' : table(titles, rows),
  };
}
