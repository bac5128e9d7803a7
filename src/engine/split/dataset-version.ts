import { createHash } from 'node:crypto';

import canonicalize from 'canonicalize';

import type { SplitPart } from '../../contract/dataset.ts';
import { forEachInSteps, sortInSteps } from '../../core/steps.ts';
import { inTurns } from '../turns.ts';

/** What identifies one image within a dataset version. */
export interface VersionedImage {
  byteSha256: string;
  relativePath: string;
  patient: string | null;
  className: string | null;
  part: SplitPart;
  fold: number | null;
}

export interface VersionFacts {
  classSchemaVersion: number;
  labelRule: string;
  split: { by: 'patient' | 'image'; seed: number; folds: number | null };
}

/**
 * SHA-256 of canonical JSON (RFC 8785) over image hashes, labels of record, class schema, rule and split.
 * Takes many turns for many images.
 */
export async function datasetVersionHash(
  facts: VersionFacts,
  images: readonly VersionedImage[],
): Promise<string> {
  const sorted = await inTurns(
    sortInSteps(
      images,
      (a, b) => compare(a.byteSha256, b.byteSha256) || compare(a.relativePath, b.relativePath),
    ),
  );
  const emptyImages = '"images":[]';
  const frame = canonicalize({ formatVersion: 1, ...facts, images: [] })!;
  const at = frame.indexOf(emptyImages) + emptyImages.length - 1;
  const hash = createHash('sha256').update(frame.slice(0, at));
  const update = ({ byteSha256, relativePath, patient, className, part, fold }: VersionedImage, i: number) =>
    void hash.update(
      (i === 0 ? '' : ',') + canonicalize([byteSha256, relativePath, patient, className, part, fold])!,
    );
  await inTurns(forEachInSteps(sorted, update));
  return hash.update(frame.slice(at)).digest('hex');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
