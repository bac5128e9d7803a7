/** Which cases of an evaluated part are on screen. Classes index the run's class names. */
export type CaseFilter =
  | { readonly kind: 'all' | 'errors' }
  | { readonly kind: 'cell'; readonly truth: number; readonly decided: number }
  | { readonly kind: 'range'; readonly class: number; readonly from: number; readonly to: number };

export type CaseOrder = 'worst' | 'best' | 'unsure';
export const caseOrders: readonly { value: CaseOrder; label: string }[] = [
  { value: 'worst', label: 'Worst first' },
  { value: 'unsure', label: 'Least sure first' },
  { value: 'best', label: 'Best first' },
];

const integer = (text: string | undefined): number | null =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
const share = (text: string | undefined): number | null => {
  const value = Number(text);
  return text !== undefined && text !== '' && Number.isFinite(value) ? value : null;
};

const rounded = (value: number): number => Number(value.toFixed(4));

/** A filter as an address holds it: `errors`, `all`, `cell_1_0`, `range_1_0.25_0.5`. */
export function filterWord(filter: CaseFilter): string {
  switch (filter.kind) {
    case 'cell':
      return `cell_${filter.truth}_${filter.decided}`;
    case 'range':
      return `range_${filter.class}_${rounded(filter.from)}_${rounded(filter.to)}`;
    default:
      return filter.kind;
  }
}

/** The filter of an address; errors for anything else. */
export function readFilter(word: unknown): CaseFilter {
  const [kind, ...parts] = (typeof word === 'string' ? word : '').split('_');
  if (kind === 'all') return { kind };
  if (kind === 'cell') {
    const [truth, decided] = [integer(parts[0]), integer(parts[1])];
    if (truth !== null && decided !== null) return { kind, truth, decided };
  }
  if (kind === 'range') {
    const [of, from, to] = [integer(parts[0]), share(parts[1]), share(parts[2])];
    if (of !== null && from !== null && to !== null) return { kind, class: of, from, to };
  }
  return { kind: 'errors' };
}

/** What `run.cases` is asked for a filter. */
export function filterRequest(filter: CaseFilter) {
  switch (filter.kind) {
    case 'all':
      return {};
    case 'errors':
      return { errorsOnly: true };
    case 'cell':
      return { truth: filter.truth, decided: filter.decided };
    case 'range':
      return { probability: { class: filter.class, from: filter.from, to: filter.to } };
  }
}

/** "PNEUMONIA decided as NORMAL". */
export function filterTitle(filter: CaseFilter, classes: readonly string[]): string {
  const name = (index: number): string => classes[index] ?? `class ${index + 1}`;
  switch (filter.kind) {
    case 'all':
      return 'All images';
    case 'errors':
      return 'Errors';
    case 'cell':
      return filter.truth === filter.decided
        ? `${name(filter.truth)}, decided rightly`
        : `${name(filter.truth)} decided as ${name(filter.decided)}`;
    case 'range':
      return `Probability of ${name(filter.class)} from ${filter.from.toFixed(2)} to ${filter.to.toFixed(2)}`;
  }
}
