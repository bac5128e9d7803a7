import {
  type ComparedRun,
  type Comparison,
  comparisonSchema,
  type MetricDifference,
} from '../../contract/comparison.ts';
import { isTooFew, unitOfMetric } from '../../contract/evaluation.ts';
import { count, counted, share } from '../../core/words.ts';
import { defineCommand } from '../command.ts';
import { metricInterval, metricText, metricValue, paragraphs, plain, table, warnings } from '../format.ts';
import { metricTitles } from '../metric-titles.ts';
import { finishJob, openProject } from '../work.ts';

interface Options {
  split?: 'test' | 'val';
  reference?: string;
}

export default defineCommand<[string, string[]], Options>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .argument('<run...>', 'run ids, their beginnings, or latest: two to six evaluated ones')
      .addOption(
        command
          .createOption('--split <part>', 'part that they were evaluated on; without, test')
          .choices(['test', 'val']),
      )
      .option('--reference <run>', 'run that the others are compared with; without, the plainest or first'),
  examples: [
    'compare chest 0198f 0199a',
    'compare chest 0198f 0199a 0199c --split val --reference 0199a',
    'compare chest 0198f 0199a --json',
  ],
  async run(context, [path, runs], options) {
    const { client, project } = await openProject(context, path, 'read');
    const started = await client.run.compare({ project: project.project, runs, ...options });
    const comparison = await finishJob(context, started, comparisonSchema, { what: 'Comparing' });
    return { document: { ...comparison }, text: describe(comparison) };
  },
});

/** What a run is called in the tables: by what sets it apart, else by its name. */
const calledIn = ({ variant, name }: ComparedRun): string => variant ?? name;

function describe(comparison: Comparison): string {
  const { runs, split, level, n, patients, testOpenings, positive, reference } = comparison;
  const badges = [comparison.generated && 'GENERATED', comparison.splitBy === 'image' && 'SPLIT BY IMAGE'];
  const others = runs.length - 1;
  const about = [
    `${counted(runs.length, 'run')} on the same ${counted(n, `${split} ${level}`)} of ${counted(patients, 'patient')}.`,
    split === 'test' &&
      `The test set of this project was opened ${count(testOpenings)} ${testOpenings === 1 ? 'time' : 'times'}; comparing did not open it.`,
    positive !== null && `Positive class: ${plain(positive)}.`,
  ];
  const note = [
    `Differences from ${plain(calledIn(runs.find(({ run }) => run === reference)!))}, on the same patients, with 95 % intervals; p is two-sided.`,
    others > 1 &&
      `p (Holm) is corrected for the ${others} runs that are compared; intervals are not, and metrics are not corrected for each other.`,
    others === 1 && 'Metrics are not corrected for each other.',
  ];
  return paragraphs(
    badges.filter(Boolean).join(' · '),
    about.filter(Boolean).join('\n'),
    runsTable(comparison),
    figuresTable(comparison),
    note.filter(Boolean).join(' '),
    differencesTable(comparison),
    warnings(comparison.warnings),
  );
}

function runsTable({ runs, reference }: Comparison): string {
  return table(
    [{ title: 'Run' }, { title: 'Name' }, { title: 'What sets it apart' }, { title: '' }],
    runs.map(({ run, name, variant }) => [
      run,
      name,
      variant ?? 'more than one thing, or nothing',
      run === reference ? 'reference' : '',
    ]),
  );
}

function figuresTable(comparison: Comparison): string {
  const { runs, metrics } = comparison;
  return table(
    [{ title: 'Metric' }, ...runs.map((run) => ({ title: plain(calledIn(run)) }))],
    metrics.map((key) => [
      titleOf(comparison, key),
      ...runs.map((run) => metricText(run.metrics[key]!, unitOfMetric(comparison, key))),
    ]),
  );
}

function differencesTable(comparison: Comparison): string {
  const { runs, metrics } = comparison;
  const others = runs.filter(({ differences }) => differences !== null);
  const corrected = others.length > 1;
  return table(
    [
      { title: 'Metric' },
      { title: 'Run' },
      { title: 'Difference', align: 'right' },
      { title: '95 % interval' },
      { title: 'p', align: 'right' },
      ...(corrected ? [{ title: 'p (Holm)', align: 'right' as const }] : []),
      { title: '' },
    ],
    metrics.flatMap((key) =>
      others.map((run) => {
        const difference = run.differences![key]!;
        const unit = unitOfMetric(comparison, key);
        return [
          titleOf(comparison, key),
          calledIn(run),
          signed(metricValue(difference, unit)),
          metricInterval(difference, unit),
          pText(difference, difference.p),
          ...(corrected ? [pText(difference, difference.pHolm)] : []),
          verdict(comparison, key, difference),
        ];
      }),
    ),
  );
}

const signed = (text: string): string => (/^\d/.test(text) ? `+${text}` : text);

const pText = (difference: MetricDifference, p: number | null): string =>
  p === null || isTooFew(difference) ? '–' : share(p);

/** Where the corrected p is below .05. */
function verdict({ lessIsBetter }: Comparison, key: string, difference: MetricDifference): string {
  if (isTooFew(difference) || difference.value === null) return '';
  if (difference.pHolm === null || difference.pHolm >= 0.05) return 'not told apart';
  return difference.value > 0 !== lessIsBetter.includes(key) ? 'better' : 'worse';
}

function titleOf({ lessIsBetter }: Comparison, key: string): string {
  const title = metricTitles[key] ?? key;
  return lessIsBetter.includes(key) ? `${title} (less is better)` : title;
}
