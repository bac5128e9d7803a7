import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Native modules (SQLite, sharp, TensorFlow) and tests that kill children need processes of their own.
    pool: 'forks',
    maxWorkers: 2,
    setupFiles: ['test/support/clean-temporary-folder.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    env: { TF_CPP_MIN_LOG_LEVEL: '2' },
  },
});
