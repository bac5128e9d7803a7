import type { NumberDifference, RoundAgreement } from '../../contract/round.ts';
import { defineCommand } from '../command.ts';
import { paragraphs, plain, table } from '../format.ts';
import { openProject } from '../work.ts';

type Measure = RoundAgreement['parts'][number]['group'][number];

export default defineCommand<[string, string], Record<string, never>>({
  configure: (command) =>
    void command.argument('<project>', 'project folder').argument('<round>', 'id of a closed round'),
  examples: ['agreement chest ROUND'],
  async run(context, [path, round]) {
    const { client, project } = await openProject(context, path, 'read');
    const agreement = await client.round.agreement({ project: project.project, round });
    return { document: { ...agreement }, text: describe(agreement) };
  },
});

function describe({ parts }: RoundAgreement): string {
  const columns = [
    { title: 'Readers' },
    { title: 'Measure' },
    { title: 'Value', align: 'right' as const },
    { title: 'Units', align: 'right' as const },
  ];
  return paragraphs(
    ...parts.map(({ class: ofClass, group, pairs }) => {
      const rows = [
        ...group.map((measure) => lineOf('all', measure)),
        ...pairs.flatMap(({ readers, measures, difference }) => {
          const names = readers.map(plain).join(' and ');
          return [
            ...measures.map((measure) => lineOf(names, measure)),
            ...(difference === null ? [] : differenceLines(names, difference)),
          ];
        }),
      ];
      return `${ofClass === null ? '' : `${plain(ofClass)}\n`}${table(columns, rows)}`;
    }),
  );
}

const differenceLines = (readers: string, { mean, lower, upper, units }: NumberDifference): string[][] => [
  [readers, 'mean difference, second − first', withInterval(mean), String(units)],
  [readers, 'lower limit of agreement', withInterval(lower), String(units)],
  [readers, 'upper limit of agreement', withInterval(upper), String(units)],
];

const withInterval = ({ value, low, high }: NumberDifference['mean']): string =>
  value.toFixed(2) + (low === null || high === null ? '' : ` (${low.toFixed(2)} to ${high.toFixed(2)})`);

const lineOf = (readers: string, { value, low, high, units, method }: Measure): string[] => [
  readers,
  method.split(/[;:]/)[0]!,
  value === null ? (/not defined.*/.exec(method)?.[0] ?? 'not defined') : withInterval({ value, low, high }),
  String(units),
];
