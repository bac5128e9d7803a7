import type { ReadingRound } from '../../contract/round.ts';
import { count } from '../../core/words.ts';
import { defineCommand } from '../command.ts';
import { plain, table } from '../format.ts';
import { openProject } from '../work.ts';

export default defineCommand<[string], Record<string, never>>({
  configure: (command) => void command.argument('<project>', 'project folder'),
  examples: ['rounds chest'],
  async run(context, [path]) {
    const { client, project } = await openProject(context, path, 'read');
    const rounds = await client.round.list({ project: project.project });
    return {
      document: { rounds },
      text: rounds.length === 0 ? 'There is no round of reading yet.' : describeRounds(rounds),
    };
  },
});

/** Rounds as a table, a line a reader. */
export function describeRounds(rounds: readonly ReadingRound[]): string {
  const columns = [
    { title: 'Round' },
    { title: 'Name' },
    { title: 'Status' },
    { title: 'Reader' },
    { title: 'Read', align: 'right' as const },
    { title: 'Disagreements', align: 'right' as const },
  ];
  const rows = rounds.flatMap(({ round, name, status, tolerance, readers, disagreements, adjudicated }) =>
    readers.map((reader, index) => [
      index === 0 ? round : '',
      index === 0 ? plain(name) + (tolerance > 0 ? ` (tolerance ${tolerance})` : '') : '',
      index === 0 ? status : '',
      plain(reader.name) +
        (reader.availableFrom === null ? '' : ` (from ${reader.availableFrom.slice(0, 10)})`),
      `${count(reader.read)} of ${count(reader.assigned)}`,
      index > 0 || disagreements === null
        ? ''
        : `${count(disagreements)}, ${count(adjudicated ?? 0)} decided`,
    ]),
  );
  return table(columns, rows);
}
