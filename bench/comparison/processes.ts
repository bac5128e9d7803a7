import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessOutcome {
  readonly stdout: string;
  /** Lines of stderr with the clock of `Date.now()` at which they arrived. */
  readonly said: readonly { readonly atMs: number; readonly line: string }[];
  readonly startedMs: number;
  readonly endedMs: number;
  /** Most memory of the process and its children together, looked at now and then; null where the system does not tell. */
  readonly peakTreeBytes: number | null;
}

export interface ProcessOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Looks at the memory of the process and its children now and then. */
  readonly watchesMemory?: boolean;
}

const watchEveryMs = 500;
const tailLength = 2000;

/** Runs a program to its end. @throws Error with the end of what it said when it fails */
export function runProgram(
  command: string,
  args: readonly string[],
  { env, watchesMemory = false }: ProcessOptions = {},
): Promise<ProcessOutcome> {
  return new Promise((resolve, reject) => {
    const startedMs = Date.now();
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    let stdout = '';
    let unfinished = '';
    let peakTreeBytes: number | null = null;
    const said: { atMs: number; line: string }[] = [];
    const look = (): void => {
      const bytes = child.pid === undefined ? null : treeBytes(child.pid);
      if (bytes !== null) peakTreeBytes = Math.max(peakTreeBytes ?? 0, bytes);
    };
    const watch = watchesMemory ? setInterval(look, watchEveryMs) : undefined;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      const lines = (unfinished + text).split('\n');
      unfinished = lines.pop()!;
      for (const line of lines) said.push({ atMs: Date.now(), line });
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearInterval(watch);
      const endedMs = Date.now();
      if (code === 0) {
        resolve({ stdout, said, startedMs, endedMs, peakTreeBytes });
        return;
      }
      const end = [...said.map(({ line }) => line), unfinished, stdout].join('\n').slice(-tailLength);
      reject(new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}:\n${end}`));
    });
  });
}

/** What a program prints on its last line, as JSON. */
export async function jsonOf<T>(
  command: string,
  args: readonly string[],
  options?: ProcessOptions,
): Promise<T> {
  const { stdout } = await runProgram(command, args, options);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as T;
}

/**
 * Memory of a process and everything below it; only Linux tells. Proportional set sizes, in which a page that several
 * processes share counts once between them.
 */
function treeBytes(root: number): number | null {
  if (process.platform !== 'linux') return null;
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = numberIn(`/proc/${entry}/status`, 'PPid');
    if (parent !== null) parents.set(Number(entry), parent);
  }
  const isBelow = (pid: number): boolean => {
    if (pid === root) return true;
    const parent = parents.get(pid) ?? 0;
    return parent !== 0 && isBelow(parent);
  };
  const kilobytes = [...parents.keys()]
    .filter(isBelow)
    .map((pid) => numberIn(`/proc/${pid}/smaps_rollup`, 'Pss') ?? 0);
  return kilobytes.reduce((sum, one) => sum + one, 0) * 1024;
}

/** A figure of a file in /proc; null when the process ended meanwhile. */
function numberIn(file: string, key: string): number | null {
  try {
    const found = new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(readFileSync(file, 'latin1'))?.[1];
    return found === undefined ? null : Number(found);
  } catch {
    return null;
  }
}
