import {
  type Facets,
  type ImageQuery,
  labelStatusSchema,
  qualityFlags,
  type SplitPart,
  splitParts,
} from '../../../contract/dataset.ts';
import type { LabelClass } from '../../../contract/project.ts';
import { partWords, qualityWords, statusWords } from './label-words.ts';

export interface FilterOption<T extends string | null> {
  readonly value: T;
  readonly label: string;
  readonly n: number;
  readonly color?: string;
}

const none: Facets = { classes: [], readers: [], status: [], parts: [], quality: [] };

/** What each filter offers, in a fixed order, with the counts where they are known. */
export function filterOptions(facets: Facets | null, classes: readonly LabelClass[]) {
  const known = facets ?? none;
  const classCount = (id: string | null): number => known.classes.find((entry) => entry.class === id)?.n ?? 0;
  const byClass: FilterOption<string | null>[] = classes.map(({ id, name, color }) => ({
    value: id,
    label: name,
    n: classCount(id),
    color,
  }));
  const parts: (SplitPart | null)[] = [...splitParts, null];
  return {
    classes: [...byClass, { value: null, label: 'No label', n: classCount(null) }],
    readers: known.readers.map(({ reader, name, n }): FilterOption<string> => ({
      value: reader,
      label: name,
      n,
    })),
    status: labelStatusSchema.options.map((status) => ({
      value: status,
      label: statusWords[status],
      n: known.status.find((entry) => entry.status === status)?.n ?? 0,
    })),
    parts: parts.map((part) => ({
      value: part,
      label: part === null ? 'In no part' : partWords[part],
      n: known.parts.find((entry) => entry.part === part)?.n ?? 0,
    })),
    quality: qualityFlags.map((flag) => ({
      value: flag,
      label: qualityWords[flag],
      n: known.quality.find((entry) => entry.flag === flag)?.n ?? 0,
    })),
  };
}

export interface FilterChip {
  readonly key: string;
  readonly text: string;
  /** The query without it. */
  readonly without: Partial<ImageQuery>;
}

/** One chip for each filter in force; `listTitle` is null for a list that is gone. */
export function filterChips(
  query: ImageQuery,
  names: { classes: ReadonlyMap<string, LabelClass>; readers: ReadonlyMap<string, string> },
  listTitle: string | null,
): FilterChip[] {
  const chips = <K extends 'classes' | 'readers' | 'status' | 'parts' | 'patients' | 'quality'>(
    kind: K,
    word: (value: ImageQuery[K][number]) => string,
  ): FilterChip[] =>
    (query[kind] as readonly ImageQuery[K][number][]).map((value) => ({
      key: `${kind}:${value ?? '~'}`,
      text: word(value),
      without: { [kind]: (query[kind] as readonly unknown[]).filter((other) => other !== value) },
    }));
  const list: FilterChip[] =
    query.images === null
      ? []
      : [
          {
            key: 'images',
            text: listTitle === null ? 'A list that is no longer kept' : listTitle || 'A list of images',
            without: {
              images: null,
              ...(query.sort.by === 'given' && { sort: { by: 'added', descending: false } }),
            },
          },
        ];
  const text: FilterChip[] =
    query.text.trim() === '' ? [] : [{ key: 'text', text: `“${query.text.trim()}”`, without: { text: '' } }];
  return [
    ...list,
    ...text,
    ...chips('classes', (id) =>
      id === null ? 'No label' : (names.classes.get(id)?.name ?? 'A retired class'),
    ),
    ...chips('readers', (id) => `Read by ${names.readers.get(id) ?? 'someone else'}`),
    ...chips('status', (status) => statusWords[status]),
    ...chips('parts', (part) => (part === null ? 'In no part' : partWords[part])),
    ...chips('patients', (patient) => (patient === null ? 'Patient unknown' : `Patient ${patient}`)),
    ...chips('quality', (flag) => qualityWords[flag]),
  ];
}
