import type { CertifiedRun } from '../../src/contract/certificate.ts';
import { recipeSchema } from '../../src/contract/recipe.ts';
import { type CertificateFacts } from '../../src/core/certificate.ts';

/** A finished run of which everything is known. */
export function certifiedRun(facts: Partial<CertifiedRun> = {}): CertifiedRun {
  return {
    run: 'run-1',
    name: 'chest',
    createdAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:10:00.000Z',
    backend: 'tensorflow',
    backendVersion: 'TensorFlow 2.21.0',
    device: 'CPU',
    threads: 2,
    processor: 'A processor',
    system: 'Linux 6.1.0, x64',
    node: 'v24.0.0',
    readroom: '1.2.3',
    imagesAtOnce: 32,
    memoryHalvings: 0,
    epochs: 2,
    keptEpoch: 2,
    weightsSha256: 'ab'.repeat(32),
    validationSha256: 'cd'.repeat(32),
    ...facts,
  };
}

/** Two runs that differ in what is given. */
export function certificateFacts(
  second: Partial<CertifiedRun> = {},
  first: Partial<CertifiedRun> = {},
): CertificateFacts {
  return {
    madeAt: '2026-01-02T00:00:00.000Z',
    generated: false,
    splitBy: 'patient',
    datasetVersion: 'ef'.repeat(32),
    fold: null,
    recipe: recipeSchema.parse({ epochs: 2, seed: 7 }),
    recipeSha256: '12'.repeat(32),
    first: certifiedRun(first),
    second: certifiedRun({ run: 'run-2', ...second }),
  };
}
