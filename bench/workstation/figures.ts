/** One measure: repetitions in its unit, and what it must not exceed. */
export interface Measure {
  what: string;
  unit: 'ms' | 's' | 'frames/s' | 'cells' | 'images/s';
  values: number[];
  /** What is judged: `worst` of the repetitions, their `median`, or the 95th percentile. Null: recorded only. */
  bar: { of: 'median' | 'worst' | 'p95'; most: number } | null;
}

export function measure(
  what: string,
  unit: Measure['unit'],
  values: readonly number[],
  bar: Measure['bar'] = null,
): Measure {
  if (values.length === 0) throw new Error(`Nothing was measured: ${what}`);
  return { what, unit, values: [...values], bar };
}

/** Nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

const judged = { median: 0.5, p95: 0.95, worst: 1 } as const;
const barWords = { median: 'median', p95: '95 % within', worst: 'all within' } as const;

/** Null where there is no bar. */
export function isWithin({ values, bar }: Measure): boolean | null {
  return bar && quantile(values, judged[bar.of]) <= bar.most;
}

function shown(value: number): string {
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(3);
}

/** Rows of Markdown: median, 95th percentile, worst, bar. */
export function tableOf(measures: readonly Measure[]): string[] {
  const rows = measures.map((one) => {
    const { what, unit, values, bar } = one;
    const [median, p95, worst] = [0.5, 0.95, 1].map((share) => shown(quantile(values, share)));
    const said = bar === null ? '' : `${barWords[bar.of]} ${bar.most} ${unit}`;
    const verdict = { true: 'yes', false: '**no**', null: '' }[
      String(isWithin(one)) as 'true' | 'false' | 'null'
    ];
    return `| ${what} | ${unit} | ${values.length} | ${median} | ${p95} | ${worst} | ${said} | ${verdict} |`;
  });
  return [
    '| measure | unit | n | median | 95 % | highest | bar | within |',
    '|---|---|---:|---:|---:|---:|---|---|',
    ...rows,
  ];
}
