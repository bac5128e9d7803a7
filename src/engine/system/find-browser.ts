import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A Chromium that starts. */
export interface Browser {
  path: string;
  /** As it says itself, e.g. "Chromium 156.0.8078.79". */
  version: string;
  /** Where it was found: `READROOM_CHROMIUM`, `PATH` or Playwright's cache. */
  origin: string;
}

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];

/** Where Playwright keeps the browsers it downloads. */
export function playwrightCache(env: NodeJS.ProcessEnv = process.env): string {
  const named = env['PLAYWRIGHT_BROWSERS_PATH'];
  if (named !== undefined && named !== '' && named !== '0') return named;
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'ms-playwright');
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort().reverse();
  } catch {
    return [];
  }
}

function* candidates(env: NodeJS.ProcessEnv): Generator<{ path: string; origin: string }> {
  const named = env['READROOM_CHROMIUM'];
  if (named !== undefined && named !== '') yield { path: named, origin: 'READROOM_CHROMIUM' };
  for (const name of names) {
    for (const folder of (env['PATH'] ?? '').split(delimiter)) {
      if (folder !== '') yield { path: join(folder, name), origin: 'PATH' };
    }
  }
  const cache = playwrightCache(env);
  for (const browser of list(cache).filter((name) => /^chromium/.test(name))) {
    for (const folder of list(join(cache, browser)).filter((name) => /^chrome/.test(name))) {
      for (const name of ['chrome', 'chrome-headless-shell', 'headless_shell']) {
        yield { path: join(cache, browser, folder, name), origin: "Playwright's cache" };
      }
    }
  }
}

/** The first Chromium that answers `--version`: a distribution may put a script there that only tells to install one. */
export async function findChromium(env: NodeJS.ProcessEnv = process.env): Promise<Browser | null> {
  for (const { path, origin } of candidates(env)) {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
    try {
      const { stdout } = await run(path, ['--version'], { timeout: 20_000 });
      const version = stdout.trim().split('\n').at(-1) ?? '';
      if (/\d+\.\d+/.test(version)) return { path, version, origin };
    } catch {
      continue;
    }
  }
  return null;
}
