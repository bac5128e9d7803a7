// npm run test:electron: the end-to-end specs in real Electron, where its binary and a display are.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { findElectron } from '../src/engine/system/find-electron.ts';
import { chooseHost } from './choose-host.ts';
import { repositoryFolder as root } from './setup/places.mjs';

const { host, why } = chooseHost({
  forced: false,
  serverOptions: false,
  electron: findElectron(path.join(root, 'node_modules')),
  platform: process.platform,
  env: process.env,
  isRoot: process.getuid?.() === 0,
});
if (host !== 'electron') {
  process.stdout.write(`test:electron: skipped: ${why}.\n`);
} else {
  const { status } = spawnSync(
    process.execPath,
    [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'test/e2e', ...process.argv.slice(2)],
    { cwd: root, stdio: 'inherit', env: { ...process.env, READROOM_E2E_HOST: 'electron' } },
  );
  process.exitCode = status ?? 1;
}
