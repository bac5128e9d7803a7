import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Electron's package and, when it was fetched, its binary. */
export interface ElectronPlace {
  version: string | null;
  /** Null when the package is there without its binary. */
  binary: string | null;
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** Looks without loading anything: Electron's own module would start a download. */
export function findElectron(nodeModules: string): ElectronPlace {
  const folder = join(nodeModules, 'electron');
  const packageText = read(join(folder, 'package.json'));
  if (packageText === null) return { version: null, binary: null };
  const { version } = JSON.parse(packageText) as { version: string };
  const dist = process.env['ELECTRON_OVERRIDE_DIST_PATH'] || join(folder, 'dist');
  const name = read(join(folder, 'path.txt'));
  const binary = name === null ? null : join(dist, name);
  const whole = read(join(dist, 'version'))?.trim().replace(/^v/, '') === version;
  return { version, binary: binary !== null && whole && existsSync(binary) ? binary : null };
}
