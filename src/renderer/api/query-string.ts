import type { LocationQuery, LocationQueryValue } from 'vue-router';

import {
  imageFields,
  type ImageQuery,
  type ImageQueryInput,
  imageQuerySchema,
  labelStatusSchema,
  qualityFlagSchema,
} from '../../contract/image.ts';
import { splitPartSchema } from '../../contract/split.ts';
import { labelLevelSchema } from '../../contract/project.ts';
import { keepImageList, readImageList } from './image-lists.ts';

const sorts = imageQuerySchema.shape.sort.unwrap().shape.by.unwrap().options;
const separator = ',';
const nothing = '~';

/**
 * An image query as the query string of an address, the same on Images and Read. Only what differs from "all images
 * as they were added" is written. Lists are joined by commas, `~` stands for null, a range is `40..60`, and a list of
 * images stands as its key.
 */
export function encodeQuery(query: ImageQueryInput): Record<string, string> {
  const written: Record<string, string> = {};
  const put = (name: string, values: readonly (string | null)[] | undefined): void => {
    if (values !== undefined && values.length > 0) written[name] = values.map(escaped).join(separator);
  };
  if (query.text) written['text'] = query.text;
  put('class', query.classes);
  put('reader', query.readers);
  put('status', query.status);
  put('part', query.parts);
  put('patient', query.patients);
  put('quality', query.quality);
  for (const field of imageFields) put(field, query.fields?.[field]);
  if (query.age) written['age'] = rangeWritten(query.age);
  if (query.number) written['number'] = rangeWritten(query.number);
  put('study', query.studies);
  put('series', query.series);
  if (query.images) written['images'] = keepImageList(query.images);
  if (query.per !== undefined && query.per !== 'image') written['per'] = query.per;
  const { by = 'added', descending = false } = query.sort ?? {};
  if (by !== 'added' || descending) written['sort'] = (descending ? '-' : '') + by;
  return written;
}

/** The query of an address. What it does not understand is left out; a list of images that is gone is empty. */
export function decodeQuery(query: LocationQuery): ImageQuery {
  const values = (name: string): (string | null)[] => {
    const text = firstOf(query[name]);
    return text === null ? [] : text.split(separator).map(unescaped);
  };
  const words = (name: string): string[] => values(name).filter((value) => value !== null);
  const listKey = firstOf(query['images']);
  const sort = firstOf(query['sort']) ?? '';
  const by = sorts.find((name) => name === sort.replace(/^-/, ''));
  const orNull = <T>(value: string | null, parse: (value: string) => T[]): (T | null)[] =>
    value === null ? [null] : parse(value);
  const part = (value: string) => splitPartSchema.options.filter((option) => option === value);
  return {
    text: (firstOf(query['text']) ?? '').slice(0, 200),
    classes: values('class'),
    readers: words('reader'),
    status: labelStatusSchema.options.filter((option) => words('status').includes(option)),
    parts: values('part').flatMap((value) => orNull(value, part)),
    patients: values('patient'),
    quality: qualityFlagSchema.options.filter((option) => words('quality').includes(option)),
    fields: Object.fromEntries(
      imageFields.flatMap((field) => (values(field).length === 0 ? [] : [[field, values(field)]])),
    ),
    age: readRange(firstOf(query['age'])),
    number: readRange(firstOf(query['number'])),
    studies: words('study'),
    series: words('series'),
    per: labelLevelSchema.options.find((level) => level === firstOf(query['per'])) ?? 'image',
    images: listKey === null ? null : (readImageList(listKey)?.images ?? []),
    sort: { by: by ?? 'added', descending: by !== undefined && sort.startsWith('-') },
  };
}

/** What the images of an address have in common; empty without a list, null for one that is gone. */
export function listTitle(query: LocationQuery): string | null {
  const key = firstOf(query['images']);
  if (key === null) return '';
  return readImageList(key)?.title ?? null;
}

type Range = NonNullable<ImageQuery['age']>;
const rangeWritten = ({ low, high }: Range): string => `${low ?? ''}..${high ?? ''}`;

/** Null for what is no range, and for one without ends: it narrows nothing. */
function readRange(text: string | null): Range | null {
  const found = /^(-?[\d.]*?)\.\.(-?[\d.]*)$/.exec(text ?? '');
  if (found === null) return null;
  const end = (written: string | undefined): number | null =>
    written === undefined || written === '' || !Number.isFinite(Number(written)) ? null : Number(written);
  const range = { low: end(found[1]), high: end(found[2]) };
  return range.low === null && range.high === null ? null : range;
}

const firstOf = (value: LocationQueryValue | LocationQueryValue[] | undefined): string | null =>
  (Array.isArray(value) ? value[0] : value) ?? null;

const escaped = (value: string | null): string =>
  value === null ? nothing : value.replaceAll('~', '~0').replaceAll(',', '~1');
const unescaped = (text: string): string | null =>
  text === nothing ? null : text.replaceAll('~1', ',').replaceAll('~0', '~');
