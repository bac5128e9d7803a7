import { createHash } from 'node:crypto';

import canonicalize from 'canonicalize';

import type { SplitPart } from '../../contract/split.ts';
import type { LabelSchema } from '../../contract/project.ts';
import { forEachInSteps, sortInSteps } from '../../core/steps.ts';
import { inTurns } from '../turns.ts';

/** What identifies one image within a dataset version. */
export interface VersionedImage {
  byteSha256: string;
  relativePath: string;
  /** Which picture of the file it is. */
  frame: number;
  patient: string | null;
  /** The label of record: a class name, class names in their order, or a number. */
  label: string | string[] | number | null;
  /** SHA-256 of the drawings of record; absent: there are none. */
  drawn?: string | undefined;
  part: SplitPart;
  fold: number | null;
}

export interface VersionFacts {
  classSchemaVersion: number;
  labelRule: string;
  /** Where labels are anything but one class an image. */
  labels?: Pick<LabelSchema, 'kind' | 'level' | 'number'>;
  split: { by: 'patient' | 'image'; seed: number; folds: number | null };
}

/**
 * SHA-256 of canonical JSON (RFC 8785) over image hashes, labels and drawings of record, class schema, rule and split.
 * Takes many turns for many images.
 */
export async function datasetVersionHash(
  facts: VersionFacts,
  images: readonly VersionedImage[],
): Promise<string> {
  const sorted = await inTurns(
    sortInSteps(
      images,
      (a, b) =>
        compare(a.byteSha256, b.byteSha256) || compare(a.relativePath, b.relativePath) || a.frame - b.frame,
    ),
  );
  const emptyImages = '"images":[]';
  const frame = canonicalize({ formatVersion: 1, ...facts, images: [] })!;
  const at = frame.indexOf(emptyImages) + emptyImages.length - 1;
  const hash = createHash('sha256').update(frame.slice(0, at));
  const update = (image: VersionedImage, i: number): void => {
    const { byteSha256, relativePath, frame, patient, label, part, fold, drawn } = image;
    // A file of one picture that nobody drew on stands as it did when every file was one and no drawing counted.
    const later = [...(frame === 0 ? [] : [frame]), ...(drawn === undefined ? [] : [{ drawn }])];
    const entry = [byteSha256, relativePath, patient, label, part, fold, ...later];
    hash.update((i === 0 ? '' : ',') + canonicalize(entry)!);
  };
  await inTurns(forEachInSteps(sorted, update));
  return hash.update(frame.slice(at)).digest('hex');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
