import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { cacheFolder } from './setup/places.mjs';

/**
 * A Python with the packages of a requirements file, made on first use in the user's cache folder: a program
 * that starts python3 with them before its own. Only the benchmark and the proofs need it. Not a virtual
 * environment, for which Debian wants one more package.
 */
export function pythonWith(requirementsFile: string): string {
  const requirements = readFileSync(requirementsFile, 'utf8');
  const version = runOrThrow('python3', ['--version']).trim();
  const key = createHash('sha256').update(`${version}\n${requirements}`).digest('hex').slice(0, 12);
  const folder = path.join(cacheFolder(), 'python', key);
  const python = path.join(folder, 'python');
  if (existsSync(python)) return python;
  mkdirSync(path.dirname(folder), { recursive: true });
  const building = `${folder}.${process.pid}.part`;
  const packages = path.join(building, 'packages');
  console.error(`Installing for Python: ${requirements.trim().split('\n').join(', ')} …`);
  try {
    mkdirSync(building);
    const quietly = ['--quiet', '--disable-pip-version-check', '--no-warn-script-location'];
    runOrThrow('python3', ['-m', 'pip', 'install', ...quietly, '--target', packages, '-r', requirementsFile]);
    // The script finds its packages beside itself, for the folder is renamed.
    const script = `#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
PYTHONPATH="$here/packages" PYTHONNOUSERSITE=1 exec python3 "$@"
`;
    writeFileSync(path.join(building, 'python'), script);
    chmodSync(path.join(building, 'python'), 0o755);
    renameSync(building, folder);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return python;
}

function runOrThrow(command: string, args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return stdout;
  const said = error?.message ?? `${stdout}\n${stderr}`.trim().slice(-3000);
  throw new Error(`${command} ${args.join(' ')} failed:\n${said}`);
}
