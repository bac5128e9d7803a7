import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { findElectron } from '../../src/engine/system/find-electron.ts';
import { readStamp, repositoryFolder, say, updateStamp } from './places.mjs';
import { megabytes, runWatched } from './watched.ts';

const repeat = 'npm run setup -- --electron tries again';

/** Address of the module that makes a failed download say why; for Node's `--import`. */
export const fetchPreload = pathToFileURL(join(repositoryFolder, 'scripts/setup/tell-fetch-cause.mjs')).href;

/** Step 4: Electron's binary, tried once. Nothing needs it: the workstation also runs in a browser. */
export async function setUpElectron(root: string, asked: boolean): Promise<void> {
  const remember = (ok: boolean, reason: string) => {
    updateStamp(root, { electron: { ok, reason, at: new Date().toISOString() } });
  };
  const nodeModules = join(root, 'node_modules');
  const { version, binary } = findElectron(nodeModules);
  if (version === null) {
    say('Electron', 'not there', 'the package electron is not installed');
    return remember(false, 'the package electron is not installed');
  }
  if (binary !== null) {
    say('Electron', 'ready', `version ${version}`);
    return remember(true, `version ${version}`);
  }
  if (!asked) {
    const before = readStamp(root)?.electron;
    if (before?.ok === false)
      return say('Electron', 'not there, tried before', `${before.reason}; ${repeat}`);
    const skip = process.env['READROOM_SKIP_ELECTRON'] === '1' ? 'READROOM_SKIP_ELECTRON=1' : null;
    const continuous = process.env['CI'] === 'true' ? 'CI=true' : null;
    // Not remembered: the next start without the variable tries.
    if (skip !== null || continuous !== null)
      return say('Electron', 'skipped', `${skip ?? continuous}; ${repeat}`);
  }
  say('Electron', 'fetching its binary, given up after 60 s without bytes', `version ${version}`);
  const temporary = mkdtempSync(join(tmpdir(), 'readroom-electron-'));
  try {
    const result = await runWatched({
      command: process.execPath,
      args: ['--import', fetchPreload, join(nodeModules, 'electron/install.js')],
      cwd: root,
      env: { TMPDIR: temporary },
      watchFolders: [temporary, join(nodeModules, 'electron/dist')],
      idleMs: 60_000,
      onProgress: (bytes) => {
        say('Electron', 'fetching', megabytes(bytes));
      },
    });
    const ok = result.ok && findElectron(nodeModules).binary !== null;
    const reason = ok ? `version ${version}` : result.reason || 'its installer ended without a binary';
    say(
      'Electron',
      ok ? 'ready' : 'not there, the browser is used instead',
      ok ? reason : `${reason}; ${repeat}`,
    );
    remember(ok, reason);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
