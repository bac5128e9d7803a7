import { type LabelStatus, labelStatusSchema, type QualityFlag, qualityFlags } from '../../contract/image.ts';
import { splitParts } from '../../contract/split.ts';
import { sortByKey } from '../../core/sort-by-key.ts';
import { type ImageColumns, qualityBit, statusBit, wordBits } from './image-index-columns.ts';

/** Counts by class. An image with several classes counts in each. */
export interface ClassCounts {
  of: (id: string) => number;
  /** Of images whose label of record, if there is one, has no class. */
  none: number;
}

export interface ImageCounts {
  classes: ClassCounts;
  /** By position in `splitParts`, one further; the first entry counts images in no part. */
  parts: Int32Array;
  status: (status: LabelStatus) => number;
  flags: (flag: QualityFlag) => number;
  /** Labels by reader. */
  readers: Map<string, number>;
}

/** How many images have each value, over the whole project. */
export function countImages(columns: ImageColumns): ImageCounts {
  const parts = new Int32Array(splitParts.length + 1);
  const bySet = new Int32Array(columns.labelSets.length + 1);
  const byStatus = new Int32Array(1 << labelStatusSchema.options.length);
  const byFlags = new Int32Array(1 << qualityFlags.length);
  for (let ordinal = 0; ordinal < columns.count; ordinal++) {
    bySet[columns.labels[ordinal]! + 1]! += 1;
    parts[columns.parts[ordinal]!]! += 1;
    byStatus[columns.status[ordinal]!]! += 1;
    byFlags[columns.flags[ordinal]!]! += 1;
  }
  const withBit = (counts: Int32Array, bit: number): number =>
    counts.reduce((sum, n, bits) => sum + (bits & bit ? n : 0), 0);
  const readers = new Map<string, number>();
  for (const [reader, { words }] of columns.readers) {
    let n = 0;
    for (let ordinal = 0; ordinal < columns.count; ordinal++) n += words[ordinal]! & wordBits.labelled;
    readers.set(reader, n);
  }
  return {
    classes: byClass(columns, bySet),
    parts,
    status: (status) => withBit(byStatus, statusBit(status)),
    flags: (flag) => withBit(byFlags, qualityBit(flag)),
    readers,
  };
}

/** @param bySet counts by position in `labelSets`, one further; the first entry stands for no classes */
function byClass({ classIds, labelSets }: ImageColumns, bySet: Int32Array): ClassCounts {
  const counts = new Int32Array(classIds.length);
  let none = bySet[0]!;
  labelSets.forEach((set, at) => {
    const n = bySet[at + 1]!;
    if (set.length === 0) none += n;
    for (const place of set) counts[place]! += n;
  });
  return { of: (id) => counts[classIds.indexOf(id)] ?? 0, none };
}

/** Patients with a key: how many have each class, and how many images they have. */
export interface PatientCounts {
  total: number;
  /** Images without a patient. */
  without: number;
  classes: ClassCounts;
  /** Ascending by `images`. */
  histogram: { images: number; patients: number }[];
}

/** Goes through the images patient by patient, so that each is counted once a class. */
export function countPatients(columns: ImageColumns): PatientCounts {
  const { classIds, labelSets, labels } = columns;
  const places = Int32Array.from({ length: columns.count }, (_, place) => place);
  // The last entry stands for no class.
  const none = classIds.length;
  const counts = new Int32Array(none + 1);
  const lastOfClass = new Int32Array(counts.length);
  const imagesOf = new Map<number, number>();
  let without = 0;
  for (const place of sortByKey(places, columns.patients)) {
    const patient = columns.patients[place]!;
    if (patient === 0) {
      without += 1;
      continue;
    }
    imagesOf.set(patient, (imagesOf.get(patient) ?? 0) + 1);
    const set = labelSets[labels[place]!] ?? [];
    for (const at of set.length === 0 ? [none] : set) {
      if (lastOfClass[at] === patient) continue;
      lastOfClass[at] = patient;
      counts[at]! += 1;
    }
  }
  const patientsWith = new Map<number, number>();
  for (const images of imagesOf.values()) patientsWith.set(images, (patientsWith.get(images) ?? 0) + 1);
  const histogram = [...patientsWith]
    .sort(([a], [b]) => a - b)
    .map(([images, patients]) => ({ images, patients }));
  const of = (id: string): number => (classIds.includes(id) ? counts[classIds.indexOf(id)]! : 0);
  return { total: imagesOf.size, without, classes: { of, none: counts[none]! }, histogram };
}

/** Of the images with one value of something. */
export interface ValueCounts {
  images: number;
  /** Distinct ones with a key. */
  patients: number;
  classes: ClassCounts;
}

/**
 * How many images, patients and labels there are by a value.
 * @param values how many there are
 * @param valueOf the value of an image, from 0
 */
export function countByValue(
  columns: ImageColumns,
  values: number,
  valueOf: (ordinal: number) => number,
): ValueCounts[] {
  const found = Array.from({ length: values }, () => ({
    images: 0,
    patients: new Set<number>(),
    bySet: new Int32Array(columns.labelSets.length + 1),
  }));
  for (let ordinal = 0; ordinal < columns.count; ordinal++) {
    const of = found[valueOf(ordinal)]!;
    of.images += 1;
    if (columns.patients[ordinal] !== 0) of.patients.add(columns.patients[ordinal]!);
    of.bySet[columns.labels[ordinal]! + 1]! += 1;
  }
  return found.map(({ images, patients, bySet }) => ({
    images,
    patients: patients.size,
    classes: byClass(columns, bySet),
  }));
}
