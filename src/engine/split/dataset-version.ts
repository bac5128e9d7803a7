import { createHash } from 'node:crypto';

import canonicalize from 'canonicalize';

import type { SplitPart } from '../../contract/dataset.ts';

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

/** SHA-256 of canonical JSON (RFC 8785) over image hashes, labels of record, class schema, rule and split. */
export function datasetVersionHash(facts: VersionFacts, images: readonly VersionedImage[]): string {
  const rows = images
    .map(({ byteSha256, relativePath, patient, className, part, fold }) => [
      byteSha256,
      relativePath,
      patient,
      className,
      part,
      fold,
    ])
    .sort((a, b) => compare(a[0] as string, b[0] as string) || compare(a[1] as string, b[1] as string));
  const text = canonicalize({ formatVersion: 1, ...facts, images: rows });
  return createHash('sha256').update(text!).digest('hex');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
