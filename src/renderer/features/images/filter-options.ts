import {
  type Facets,
  imageFields,
  type ImageField,
  type ImageQuery,
  type LabelStatus,
  labelStatusSchema,
  qualityFlags,
} from '../../../contract/image.ts';
import { type SplitPart, splitParts } from '../../../contract/split.ts';
import type { LabelClass } from '../../../contract/project.ts';
import { fieldValue, fieldWords, partWords, qualityWords } from '../../image-words.ts';
import { perWords, statusWords } from './label-words.ts';

export interface FilterOption<T extends string | null> {
  readonly value: T;
  readonly label: string;
  readonly n: number;
  readonly color?: string;
}

const none: Facets = {
  classes: [],
  readers: [],
  status: [],
  parts: [],
  quality: [],
  fields: [],
  age: null,
  number: null,
};

/** In the order in which they are offered. */
const statusOrder: readonly LabelStatus[] = [
  ...(['unlabelled', 'annotated', 'untouched'] as const),
  ...labelStatusSchema.options.filter((status) => !['unlabelled', 'annotated', 'untouched'].includes(status)),
];

/**
 * What each filter offers, in a fixed order, with the counts where they are known.
 * @param draws the project offers shapes: elsewhere what is not labelled is untouched
 */
export function filterOptions(facets: Facets | null, classes: readonly LabelClass[], draws: boolean) {
  const known = facets ?? none;
  const statusCount = (status: LabelStatus): number =>
    known.status.find((entry) => entry.status === status)?.n ?? 0;
  const showsDrawings = draws || statusCount('annotated') > 0;
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
    status: statusOrder
      .filter((status) => showsDrawings || (status !== 'annotated' && status !== 'untouched'))
      .map((status) => ({ value: status, label: statusWords[status], n: statusCount(status) })),
    showsDrawings,
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
    fields: known.fields.map(({ field, values }) => ({
      field,
      title: fieldWords[field],
      options: values.map(({ value, n }): FilterOption<string | null> => ({
        value,
        label: fieldValue(field, value),
        n,
      })),
    })),
    age: known.age,
    number: known.number,
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
  names: { classes: ReadonlyMap<string, LabelClass>; readers: ReadonlyMap<string, string>; unit: string },
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
    ...imageFields.flatMap((field) => fieldChips(query, field)),
    ...rangeChip('age', 'Age', query.age, 'years'),
    ...rangeChip('number', 'Number', query.number, names.unit),
    ...groupChip('studies', 'A study', 'studies', query.studies),
    ...groupChip('series', 'A series', 'series', query.series),
    ...(query.per === 'image'
      ? []
      : [{ key: 'per', text: perWords[query.per], without: { per: 'image' as const } }]),
  ];
}

function fieldChips({ fields }: ImageQuery, field: ImageField): FilterChip[] {
  const values = fields[field] ?? [];
  return values.map((value) => ({
    key: `${field}:${value ?? '~'}`,
    text: `${fieldWords[field]}: ${fieldValue(field, value)}`,
    without: {
      fields: withField(
        fields,
        field,
        values.filter((other) => other !== value),
      ),
    },
  }));
}

/** The values of one field replaced; a field without values is no filter. */
export function withField(
  fields: ImageQuery['fields'],
  field: ImageField,
  values: readonly (string | null)[],
): ImageQuery['fields'] {
  const others = Object.fromEntries(Object.entries(fields).filter(([name]) => name !== field));
  return values.length === 0 ? others : { ...others, [field]: [...values] };
}

function rangeChip(
  kind: 'age' | 'number',
  name: string,
  range: ImageQuery['age'],
  unit: string,
): FilterChip[] {
  if (range === null) return [];
  const { low, high } = range;
  const span =
    low === null
      ? `up to ${high}`
      : high === null
        ? `from ${low}`
        : low === high
          ? `${low}`
          : `${low} to ${high}`;
  return [{ key: kind, text: `${name} ${span} ${unit}`.trim(), without: { [kind]: null } }];
}

function groupChip(
  kind: 'studies' | 'series',
  one: string,
  several: string,
  ids: readonly string[],
): FilterChip[] {
  if (ids.length === 0) return [];
  return [{ key: kind, text: ids.length === 1 ? one : `${ids.length} ${several}`, without: { [kind]: [] } }];
}
