import { spawn } from 'node:child_process';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface WatchedResult {
  ok: boolean;
  /** Why it failed, in one line; empty when it did not. */
  reason: string;
  /** Everything it wrote to stdout and stderr. */
  output: string;
}

/** Bytes in all files under a folder; what vanishes while being counted counts as nothing. */
export function folderBytes(folder: string): number {
  let bytes = 0;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      try {
        bytes += entry.isDirectory() ? folderBytes(path) : lstatSync(path).size;
      } catch {
        continue;
      }
    }
  } catch {
    return bytes;
  }
  return bytes;
}

export const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

/** The line of a failed program's output that says why: the last that names an error, else its last. */
export function lastComplaint(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('at '));
  const named = lines.findLast((line) => /error\b\s*:/i.test(line));
  return (
    named ?? lines.findLast((line) => /error|fail|unable|cannot/i.test(line)) ?? lines.at(-1) ?? 'no output'
  );
}

/**
 * Runs a downloading program quietly. It is given up when for `idleMs` neither a byte arrives in
 * the watched folders nor a line of output; progress is told every few seconds.
 */
export async function runWatched(options: {
  command: string;
  args: string[];
  cwd?: string;
  env?: Record<string, string | undefined>;
  watchFolders: string[];
  idleMs: number;
  onProgress?: (bytes: number) => void;
  progressEveryMs?: number;
  pollMs?: number;
}): Promise<WatchedResult> {
  const { idleMs, onProgress, pollMs = 500, progressEveryMs = 5000 } = options;
  const count = () => options.watchFolders.reduce((sum, folder) => sum + folderBytes(folder), 0);
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that giving up ends the program's own children too.
    detached: process.platform !== 'win32',
  });
  const end = () => {
    try {
      if (child.pid !== undefined)
        process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
    } catch {
      child.kill('SIGKILL');
    }
  };
  const interrupted = () => {
    end();
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  let output = '';
  const started = performance.now();
  const before = count();
  let [bytes, movedAt, toldAt] = [before, started, started];
  const watch = { gaveUp: false };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const timer = setInterval(() => {
    const now = performance.now();
    const counted = count();
    if (counted !== bytes) [bytes, movedAt] = [counted, now];
    if (now - toldAt >= progressEveryMs && bytes > before) {
      toldAt = now;
      onProgress?.(bytes - before);
    }
    if (now - movedAt > idleMs) {
      watch.gaveUp = true;
      end();
    }
  }, pollMs);
  try {
    const status = await new Promise<number | string>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        resolve(code ?? signal ?? 'an unknown signal');
      });
    });
    if (watch.gaveUp)
      return { ok: false, reason: `given up after ${Math.round(idleMs / 1000)} s without bytes`, output };
    return { ok: status === 0, reason: status === 0 ? '' : lastComplaint(output), output };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error), output };
  } finally {
    clearInterval(timer);
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
  }
}
