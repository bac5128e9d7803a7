import { InvalidArgumentError } from 'commander';

import { type HistoryAction, type HistoryKind, historyKindSchema } from '../../contract/label.ts';
import { defineCommand } from '../command.ts';
import { table } from '../format.ts';
import { parseWhole } from '../parse.ts';
import { openProject } from '../work.ts';

interface Options {
  limit: number;
  reader?: string;
  about?: HistoryKind;
}

const mostAPage = 200;

export default defineCommand<[string], Options>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .option('--limit <n>', 'how many actions', parseLimit, 50)
      .option('--reader <name>', 'only what this reader did')
      .addOption(
        command.createOption('--about <kind>', 'only actions of a kind').choices(historyKindSchema.options),
      ),
  examples: ['log chest', 'log chest --limit 500 --reader "Dr Weber" --json'],
  async run(context, [path], { limit, reader, about }) {
    const { client, project } = await openProject(context, path, 'read');
    const actions: HistoryAction[] = [];
    let before: string | null = null;
    do {
      const asked = {
        project: project.project,
        before,
        actor: reader ?? null,
        about: about ?? null,
        limit: Math.min(mostAPage, limit - actions.length),
      };
      const page = await client.history.actions(asked);
      actions.push(...page.actions);
      before = page.next;
    } while (before !== null && actions.length < limit);
    const rows = actions.map(({ at, actor, kind, what, undone }) => [
      at,
      actor,
      kind === 'set' ? what : `${kind}: ${what}`,
      undone ? 'taken back' : '',
    ]);
    const titles = ['When (UTC)', 'Who', 'What', ''].map((title) => ({ title }));
    return {
      document: { actions },
      text: rows.length === 0 ? 'Nothing was done here yet.' : table(titles, rows),
    };
  },
});

function parseLimit(text: string): number {
  const limit = parseWhole(text);
  if (limit < 1) throw new InvalidArgumentError('It is 1 or more.');
  return limit;
}
