import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { findChromium, playwrightCache } from '../../src/engine/system/find-browser.ts';
import { say, updateStamp } from './places.mjs';
import { lastComplaint, megabytes, runWatched } from './watched.ts';

/** Step 5: Chromium for the browser tests. Only looks unless `install`. */
export async function setUpBrowser(root: string, install: boolean): Promise<void> {
  const remember = (ok: boolean, reason: string) => {
    updateStamp(root, { browser: { ok, reason, at: new Date().toISOString() } });
  };
  const found = async () => {
    const browser = await findChromium();
    if (browser === null) return false;
    say('Chromium', 'ready', `${browser.version}, from ${browser.origin}`);
    remember(true, browser.version);
    return true;
  };
  if (await found()) return;
  if (!install) return say('Chromium', 'not there', 'only browser tests need it: npm test fetches it');
  await fetchWithPlaywright(root);
  if (await found()) return;
  if (installFromDistribution() && (await found())) return;
  say('Chromium', 'NOT THERE: browser tests count as not run', 'to have it: sudo apt install chromium');
  remember(false, 'not found, and could not be installed');
}

async function fetchWithPlaywright(root: string): Promise<void> {
  say('Chromium', 'fetching with Playwright, given up after 60 s without bytes', 'none on the PATH');
  const cache = playwrightCache();
  mkdirSync(cache, { recursive: true });
  const result = await runWatched({
    command: process.execPath,
    args: [join(root, 'node_modules/playwright-core/cli.js'), 'install', 'chromium-headless-shell'],
    cwd: root,
    env: { TMPDIR: cache },
    watchFolders: [cache],
    idleMs: 60_000,
    onProgress: (bytes) => {
      say('Chromium', 'fetching', megabytes(bytes));
    },
  });
  if (!result.ok) say('Chromium', "Playwright's download failed", result.reason);
}

/** Only as root, where nobody needs to be asked for a password; says what it changes on the machine. */
function installFromDistribution(): boolean {
  if (process.getuid?.() !== 0) return false;
  if (spawnSync('apt-get', ['--version']).status !== 0) {
    say('Chromium', "no distribution's package", 'there is no apt-get');
    return false;
  }
  say('Chromium', "installing the distribution's package chromium with apt-get", 'running as root');
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', 'chromium']]) {
    const { status, stdout, stderr } = spawnSync('apt-get', ['--quiet', ...args], {
      encoding: 'utf8',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: 600_000,
      maxBuffer: 64 * 2 ** 20,
    });
    if (status !== 0) {
      say('Chromium', `apt-get ${args[0] ?? ''} failed`, lastComplaint(`${stdout}\n${stderr}`));
      return false;
    }
  }
  return true;
}
