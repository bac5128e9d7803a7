import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { build, type InlineConfig } from 'vite';

import { copyRuntimeFiles, mainConfigs } from '../../vite.main.config.ts';
import rendererConfig from '../../vite.renderer.config.ts';
import { say } from './places.mjs';
import { screensStampFile, sourcesFingerprint } from './screens-stamp.mjs';

function rendererBuild(out: string): InlineConfig {
  return {
    ...rendererConfig,
    configFile: false,
    logLevel: 'warn',
    build: { ...rendererConfig.build, outDir: path.join(out, 'renderer'), emptyOutDir: true },
  };
}

/** Builds everything that does not run from the sources: the screens, and Electron's processes. */
export async function buildScreens(out: string): Promise<void> {
  process.env['NODE_ENV'] = 'production';
  // One after another: each uses all cores by itself.
  for (const config of [...mainConfigs(out), rendererBuild(out)]) await build(config);
  copyRuntimeFiles(out);
}

/**
 * The part `screens` of set-up. Built aside and put in place when whole, so that a build that fails leaves the last
 * one; what the sources were is kept with it. Returns whether it was built.
 */
export async function setUpScreens(root: string): Promise<boolean> {
  const started = performance.now();
  // Taken before the build: a source changed meanwhile is then seen the next time.
  const fingerprint = sourcesFingerprint(root);
  const out = path.join(root, 'out');
  const aside = path.join(root, 'node_modules/.cache/readroom', `screens-${process.pid}`);
  const [fresh, old] = [path.join(aside, 'new'), path.join(aside, 'old')];
  try {
    mkdirSync(fresh, { recursive: true });
    await buildScreens(fresh);
    writeFileSync(screensStampFile(fresh), `${JSON.stringify(fingerprint)}\n`);
    if (existsSync(out)) renameSync(out, old);
    renameSync(fresh, out);
  } catch (error) {
    const reason = stripVTControlCharacters(error instanceof Error ? error.message : String(error));
    say('screens', `NOT BUILT, ${existsSync(out) ? 'the last build stays' : 'there are none yet'}`, reason);
    return false;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  say('screens', 'built', `${((performance.now() - started) / 1000).toFixed(1)} s`);
  return true;
}
