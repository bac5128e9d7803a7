import { statSync } from 'node:fs';

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** How long a file takes that was never run here, as in a fresh clone: what starts browsers, engines or TensorFlow. */
const guesses: readonly (readonly [RegExp, number])[] = [
  [/\/test\/e2e\//, 40_000],
  [/\/test\/integration\//, 12_000],
  [/\/test\/unit\/(compute|core\/sample)\//, 10_000],
];
const otherwiseMs = 1000;

/**
 * Begins with the files that take longest, by their last run or a guess, so that no worker is left with one of them
 * when the others have nothing more to do.
 */
export class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const expected = new Map(
      files.map((file) => {
        const guess = guesses.find(([folder]) => folder.test(file.moduleId))?.[1] ?? otherwiseMs;
        const durationMs = this.ctx.cache.getTestSpecificationResult(file)?.duration ?? guess;
        return [file, { durationMs, sizeBytes: statSync(file.moduleId).size }];
      }),
    );
    return Promise.resolve(
      [...files].sort((a, b) => {
        const [one, other] = [expected.get(a)!, expected.get(b)!];
        return other.durationMs - one.durationMs || other.sizeBytes - one.sizeBytes;
      }),
    );
  }
}
