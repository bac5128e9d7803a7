import { openEngine } from '../../src/cli/engine.ts';
import type { OpenEngine } from '../../src/cli/host.ts';

/** The real engine in the test's own process, its children forked. */
export function startEngine(): OpenEngine {
  return openEngine('a test', '0.0.0');
}
