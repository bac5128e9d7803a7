import type { Evaluation } from '../../../contract/run.ts';

/** Which cases of an evaluated part are on screen. Classes index the run's class names. */
export type CaseFilter =
  | { readonly kind: 'all' | 'errors' }
  | { readonly kind: 'cell'; readonly truth: number; readonly decided: number }
  /** Of several labels: what is true of a case, or what is said of it, is this class among others. */
  | { readonly kind: 'truth' | 'said'; readonly class: number }
  /** Probability of a class, or Dice of one. */
  | {
      readonly kind: 'range' | 'dice';
      readonly class: number;
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: 'image'; readonly image: string };

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

/** The orders that a task has: numbers and masks have no probability to be unsure by. */
export const ordersOf = (task: Evaluation['task']) =>
  caseOrders.filter(({ value }) => value !== 'unsure' || (task !== 'regression' && task !== 'segmentation'));

/** A filter as an address holds it: `errors`, `all`, `cell_1_0`, `range_1_0.25_0.5`, `truth_2`, `image_<id>`. */
export function filterWord(filter: CaseFilter): string {
  switch (filter.kind) {
    case 'cell':
      return `cell_${filter.truth}_${filter.decided}`;
    case 'range':
    case 'dice':
      return `${filter.kind}_${filter.class}_${rounded(filter.from)}_${rounded(filter.to)}`;
    case 'truth':
    case 'said':
      return `${filter.kind}_${filter.class}`;
    case 'image':
      return `image_${filter.image}`;
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
  if (kind === 'image' && parts.length === 1 && parts[0] !== '') return { kind, image: parts[0]! };
  if (kind === 'truth' || kind === 'said') {
    const of = integer(parts[0]);
    if (of !== null) return { kind, class: of };
  }
  if (kind === 'range' || kind === 'dice') {
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
    case 'truth':
      return { truth: filter.class };
    case 'said':
      return { decided: filter.class };
    case 'range':
      return { probability: { class: filter.class, from: filter.from, to: filter.to } };
    case 'dice':
      return { dice: { class: filter.class, from: filter.from, to: filter.to } };
    case 'image':
      return { image: filter.image };
  }
}

/** "PNEUMONIA decided as NORMAL". */
export function filterTitle(filter: CaseFilter, classes: readonly string[]): string {
  const name = (index: number): string => classes[index] ?? `class ${index + 1}`;
  switch (filter.kind) {
    case 'all':
      return 'All cases';
    case 'errors':
      return 'Errors';
    case 'cell':
      return filter.truth === filter.decided
        ? `${name(filter.truth)}, decided rightly`
        : `${name(filter.truth)} decided as ${name(filter.decided)}`;
    case 'truth':
      return `With ${name(filter.class)}`;
    case 'said':
      return `Said to have ${name(filter.class)}`;
    case 'dice':
      return `Dice of ${name(filter.class)} from ${filter.from.toFixed(2)} to ${filter.to.toFixed(2)}`;
    case 'image':
      return 'The chosen case';
    case 'range':
      return `Probability of ${name(filter.class)} from ${filter.from.toFixed(2)} to ${filter.to.toFixed(2)}`;
  }
}
