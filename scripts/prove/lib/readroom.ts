import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const commandLine = path.join(import.meta.dirname, '..', '..', '..', 'src', 'cli', 'main.ts');

/** What one command of the command line did. */
export interface Outcome {
  status: number | null;
  signal: NodeJS.Signals | null;
  /** The one JSON document, or null when none was printed. */
  document: Record<string, unknown> | null;
  seconds: number;
}

let user: number | undefined;

/** A proof's projects are none that the user of this machine worked on. */
const settings = mkdtempSync(path.join(tmpdir(), 'readroom-proof-settings-'));
const apart = { ...process.env, XDG_CONFIG_HOME: settings };
process.once('exit', () => rmSync(settings, { recursive: true, force: true }));

/** Runs the commands of `work` as another user of the system. */
export function asUser<T>(other: number | undefined, work: () => T): T {
  user = other;
  try {
    return work();
  } finally {
    user = undefined;
  }
}

/** Runs `readroom ARGS --json` as a user would and waits for its end. */
export function tryReadroom(...args: string[]): Outcome {
  const started = performance.now();
  const { status, signal, stdout } = spawnSync(process.execPath, [commandLine, ...args, '--json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', 'ignore'],
    uid: user,
    env: apart,
  });
  const document = stdout.trim() === '' ? null : (JSON.parse(stdout) as Record<string, unknown>);
  return { status, signal, document, seconds: (performance.now() - started) / 1000 };
}

/** The same, for a command that must succeed; its JSON document. */
export function readroom<T>(...args: string[]): T {
  const outcome = tryReadroom(...args);
  if (outcome.status !== 0) {
    throw new Error(
      `readroom ${args.join(' ')} ended with ${outcome.status}: ${JSON.stringify(outcome.document)}`,
    );
  }
  return outcome.document as T;
}

/** A command under way. */
export interface StartedCommand {
  pid: number;
  /** What it has printed on stdout so far. */
  printed(): string;
  ended: Promise<Outcome>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts `readroom ARGS --json` without waiting. */
export function startReadroom(...args: string[]): StartedCommand {
  return start(args, false);
}

/** The same with a process group of its own, as a terminal gives it: its id is the pid, its children are in it. */
export function startReadroomGroup(...args: string[]): StartedCommand {
  return start(args, true);
}

function start(args: string[], detached: boolean): StartedCommand {
  const started = performance.now();
  const child = spawn(process.execPath, [commandLine, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: apart,
    detached,
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const ended = new Promise<Outcome>((resolve) => {
    child.once('close', (status, signal) => {
      let document: Outcome['document'] = null;
      try {
        document = JSON.parse(stdout) as Record<string, unknown>;
      } catch {
        // A killed command prints nothing, or half a document, which counts as nothing.
      }
      resolve({ status, signal, document, seconds: (performance.now() - started) / 1000 });
    });
  });
  return { pid: child.pid!, printed: () => stdout, ended, kill: (signal) => void child.kill(signal) };
}

/** Runs work in a folder of its own that is removed afterwards. */
export async function inScratch<T>(work: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-proof-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
