import { defineCommand } from '../command.ts';
import { openProject } from '../work.ts';
import { describeRounds } from './rounds.ts';

export default defineCommand<[string, string], { reader?: string }>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .argument('<round>', 'id of the round')
      .option('--reader <name>', 'who closes it; without, your user name'),
  examples: ['close-round chest ROUND'],
  async run(context, [path, round], { reader }) {
    const { client, project } = await openProject(context, path, 'write');
    const closed = await client.round.close({
      project: project.project,
      round,
      reader: reader ?? context.host.userName,
    });
    return { document: { ...closed }, text: describeRounds([closed]) };
  },
});
