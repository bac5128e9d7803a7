import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';

import { repositoryFolder } from '../../scripts/setup/places.mjs';
import { builtApplication } from '../support/built.ts';

let out: string;
beforeAll(async () => {
  out = await builtApplication();
});

/** Packages that a bundle names, whichever way it asks for them. */
function packagesOf(name: string): string[] {
  const code = readFileSync(path.join(out, name), 'utf8');
  const named = [
    ...code.matchAll(/^(?:import|export)\b[^;]*?\bfrom\s*["']([^"']+)["']/gm),
    ...code.matchAll(/^import\s*["']([^"']+)["']/gm),
    ...code.matchAll(/\b(?:import|require)\(["']([^"']+)["']\)/g),
  ].map(([, specifier = '']) => specifier);
  const builtin = new Set(builtinModules);
  return [...new Set(named)].filter((name_) => !name_.startsWith('node:') && !builtin.has(name_)).sort();
}

test.each(['main/engine.js', 'main/compute.js', 'main/decode.js'])(
  'a child would fail at its start for want of what only main has: %s',
  (name) => {
    expect(packagesOf(name)).not.toContain('electron');
    expect(packagesOf(name).length).toBeGreaterThan(0);
  },
);

test('main would load the database, pictures or TensorFlow into the process that answers the window', () => {
  expect(packagesOf('main/index.js')).toEqual(['electron', 'zod']);
});

test('the preload would ask a sandbox for what it does not give', () => {
  expect(packagesOf('preload/index.cjs')).toEqual(['electron']);
  expect(readFileSync(path.join(out, 'preload/index.cjs'), 'utf8')).not.toMatch(/^(import|export)\b/m);
});

test('a bundle would need another file of its own, which a child then loads with main’s parts in it', () => {
  for (const file of globSync('{main,preload}/*.{js,cjs}', { cwd: out }))
    expect(packagesOf(file).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a file that the engine reads while it runs would be missing beside the bundles', () => {
  const wanted = globSync('engine/**/*.*', { cwd: path.join(repositoryFolder, 'src') })
    .filter((name) => !name.endsWith('.ts'))
    .sort();
  expect(wanted.some((name) => name.endsWith('.sql'))).toBe(true);
  for (const name of wanted) {
    expect(readFileSync(path.join(out, name)), name).toEqual(
      readFileSync(path.join(repositoryFolder, 'src', name)),
    );
  }
});
