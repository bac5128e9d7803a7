import { defineConfig } from 'vitest/config';

import { LongestFirst } from './test/support/longest-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Native modules (SQLite, sharp, TensorFlow) and tests that kill children need processes of their own.
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    setupFiles: ['test/support/clean-temporary-folder.ts'],
    // Only what hangs is to fail by time, however busy the machine is.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    // The usual second is short for a screen that is opened while other tests use both cores.
    expect: { poll: { timeout: 60_000 } },
    teardownTimeout: 20_000,
    env: { TF_CPP_MIN_LOG_LEVEL: '2' },
  },
});
