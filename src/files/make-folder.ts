import { existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a folder and those above it. Node's own recursive `mkdir` never returns where the system answers that a
 * parent is missing although it is there, as below `/proc`.
 * @throws the system's error of the first folder that cannot be made, `ENOTDIR` for a file in the way
 */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  let at = path.resolve(folder);
  while (!existsSync(at)) {
    missing.push(at);
    const above = path.dirname(at);
    if (above === at) break;
    at = above;
  }
  if (!statSync(at).isDirectory())
    throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${folder}'`), {
      code: 'ENOTDIR',
      path: folder,
    });
  for (const next of missing.toReversed()) {
    try {
      mkdirSync(next);
    } catch (error) {
      // Another one made it meanwhile.
      if (!existsSync(next)) throw error;
    }
  }
}
