import path from 'node:path';

import { build, type Rolldown } from 'vite';

import { repositoryFolder } from '../../../scripts/setup/places.mjs';

/** The viewer's two painters, with what compares and times them, as one script for a page: `painters` in it. */
export async function paintersScript(): Promise<string> {
  const entry = path.join(repositoryFolder, 'test/unit/renderer/viewer/support/painters-page.ts');
  const built = (await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, minify: false, lib: { entry, formats: ['iife'], name: 'page' } },
  })) as Rolldown.RolldownOutput[];
  return built[0]!.output[0].code;
}
