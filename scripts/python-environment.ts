import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * The Python of a virtual environment with the packages of a requirements file, made on first use in the
 * user's cache folder. Only the benchmark and the proofs need it: they compare with Python programs.
 */
export function pythonWith(requirementsFile: string): string {
  const requirements = readFileSync(requirementsFile, 'utf8');
  const key = createHash('sha256').update(requirements).digest('hex').slice(0, 12);
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  const folder = path.join(cache, 'readroom', 'python', key);
  const python = path.join(folder, 'bin', 'python');
  if (existsSync(python)) return python;
  mkdirSync(path.dirname(folder), { recursive: true });
  const building = `${folder}.${process.pid}.part`;
  console.error(`Making a Python environment with ${requirements.trim().split('\n').join(', ')} …`);
  try {
    runOrThrow('python3', ['-m', 'venv', building]);
    runOrThrow(path.join(building, 'bin', 'python'), [
      '-m',
      'pip',
      'install',
      '--quiet',
      '-r',
      requirementsFile,
    ]);
    renameSync(building, folder);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return python;
}

function runOrThrow(command: string, args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr.slice(-2000)}`);
}
