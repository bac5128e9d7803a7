import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openEngine } from '../../src/cli/engine.ts';
import type { OpenEngine } from '../../src/cli/host.ts';

/** The real engine in the test's own process, its children forked. */
export function startEngine(
  host: 'command line' | 'server' = 'command line',
  settingsFolder = mkdtempSync(join(tmpdir(), 'readroom-settings-')),
): OpenEngine {
  return openEngine({
    ...{ program: 'a test', version: '0.0.0', userName: 'weber', host, settingsFolder },
  });
}
