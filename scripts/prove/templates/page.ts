import type { MetricDifference } from '../../../src/contract/comparison.ts';
import { isTooFew, type Metric } from '../../../src/contract/run.ts';
import type { Shares } from '../../../src/core/split-shares.ts';
import { projectTemplates } from '../../../src/core/templates/index.ts';
import { share } from '../../../src/core/words.ts';

/** What one training gave. */
export interface ProvedRun {
  readonly name: string;
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly n: number;
  readonly patients: number;
  /** Of the leading metric from the template's first run; null of that one, and of one judged on other images. */
  readonly difference: MetricDifference | null;
  readonly minutes: number;
  readonly imagesPerSecond: number;
  readonly device: string;
  readonly threads: number;
  readonly parameters: number;
}

/** What a training is to show, and whether it does. */
interface Shown {
  readonly what: string;
  readonly shown: boolean;
}

export interface ProvedTemplate {
  readonly template: string;
  /** ISO 8601; of one that was not proved this time the day on which it was. */
  readonly at: string;
  readonly metric: string;
  /** Recipe, pictures, split and trainings then: figures of others are not kept. */
  readonly of: string;
  readonly images: number;
  readonly shares: Shares;
  readonly baseline: Readonly<Record<string, number>>;
  readonly runs: readonly ProvedRun[];
  readonly shows: readonly Shown[];
}

const baselineValue = ({ metric, baseline }: ProvedTemplate): number => baseline[metric] ?? NaN;

/** Whether the whole interval is on the better side of the plain baseline. */
export function beatsBaseline(proved: ProvedTemplate): boolean {
  const { value = null, low = null, high = null } = proved.runs[0]!.metrics[proved.metric] ?? {};
  return proved.metric === 'mae'
    ? (high ?? value ?? NaN) < baselineValue(proved)
    : (low ?? value ?? NaN) > baselineValue(proved);
}

/** docs/TEMPLATES.md. */
export function page(proved: readonly ProvedTemplate[]): string {
  return [
    '# Templates',
    '',
    'Every template trained on its own generated files with its own recipe: written by `npm run prove -- templates`. **The pictures are drawn by Readroom: these figures show that each template works from files to an evaluated model, and claim nothing clinical.** Splits are by patient unless a row says otherwise; intervals are 95 %. Differences are from the first training of a table, on the same patients by a paired bootstrap, p corrected for several trainings by Holm, as `readroom compare` gives them. The baseline is logistic or ridge regression on 32×32 pixels, for masks the most frequent class of each place.',
    '',
    ...proved.flatMap(sectionOf),
  ].join('\n');
}

function sectionOf(proved: ProvedTemplate): string[] {
  const template = projectTemplates.find(({ id }) => id === proved.template)!;
  const { device } = proved.runs[0]!;
  const isCompared = proved.runs.some(({ difference }) => difference !== null);
  const cells = (values: readonly string[]): string => `| ${values.join(' | ')} |`;
  const row = (name: string, value: string, difference: string, others: readonly string[]): string =>
    cells([name, value, ...(isCompared ? [difference] : []), ...others]);
  const titles = ['patients', 'minutes', 'images/s', 'parameters'];
  const head = row('training', `${proved.metric} on test`, 'difference from the first', titles);
  return [
    `## ${template.name} (\`${template.id}\`)`,
    '',
    template.description,
    '',
    `${proved.images} pictures, ${partsOf(proved.shares)}; ${proved.at.slice(0, 10)}, on ${device}.`,
    '',
    head,
    cells(
      head
        .slice(2, -2)
        .split(' | ')
        .map(() => '---'),
    ),
    row('plain baseline', baselineValue(proved).toFixed(3), '', ['', '', '', '']),
    ...proved.runs.map((run) =>
      row(run.name || 'its own recipe', figure(run.metrics[proved.metric]), differenceText(run.difference), [
        String(run.patients),
        run.minutes.toFixed(1),
        run.imagesPerSecond.toFixed(0),
        run.parameters.toLocaleString('en'),
      ]),
    ),
    '',
    ...proved.shows.flatMap(({ what, shown }) => [
      `To show: ${what}. ${shown ? 'Shown' : '**Not shown**'}.`,
      '',
    ]),
    ...(template.toCome === null ? [] : [`To come: ${template.toCome}`, '']),
  ];
}

function partsOf({ train, val, test }: Shares): string {
  const [first, second, third] = [train, val, test].map((part) => Math.round(100 * part));
  return `${first} % of them to train, ${second} % to choose the epoch, ${third} % to test`;
}

function figure(metric: Metric | undefined): string {
  if (metric === undefined || metric.value === null) return 'not defined';
  const { value, low, high } = metric;
  const few = isTooFew(metric) ? ' (too few)' : '';
  return low === null || high === null
    ? `${value.toFixed(3)}${few}`
    : `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})${few}`;
}

function differenceText(difference: MetricDifference | null): string {
  if (difference === null) return '';
  if (difference.value === null) return 'not defined';
  const { value, low, high, pHolm } = difference;
  const interval = low === null || high === null ? '' : ` (${signed(low)} to ${signed(high)})`;
  const p = pHolm === null ? '' : `, p ${share(pHolm)}`;
  return `${signed(value)}${interval}${p}${isTooFew(difference) ? ' (too few)' : ''}`;
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
