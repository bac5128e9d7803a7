import { existsSync } from 'node:fs';
import path from 'node:path';

import { build } from 'vite';

import { repositoryFolder } from '../../scripts/setup/places.mjs';
import { screensAreFresh } from '../../scripts/setup/screens-stamp.mjs';
import { copyRuntimeFiles, mainConfigs } from '../../vite.main.config.ts';

/**
 * The built application. `npm test` builds it before it starts; a single test file that is run by hand after a change
 * builds Electron's processes itself, so that it never tests those of yesterday.
 */
export async function builtApplication(): Promise<string> {
  const out = path.join(repositoryFolder, 'out');
  if (screensAreFresh(repositoryFolder) && existsSync(path.join(out, 'main/index.js'))) return out;
  for (const config of mainConfigs(out)) await build(config);
  copyRuntimeFiles(out);
  return out;
}
