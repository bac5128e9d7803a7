import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const mainFile = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const commandLinesFile = fileURLToPath(new URL('command-lines-child.ts', import.meta.url));

export interface CliProcess {
  child: ChildProcess;
  /** What was printed so far. */
  printed: { out: string; err: string };
  /** Resolves when `text` stands on stdout or stderr; rejects when the process ends without. */
  says(text: string): Promise<void>;
  ended: Promise<number | null>;
}

/** Starts the command line as a user does, in a process group of its own: a terminal's foreground group. */
export function startCli(args: string[], cwd: string): CliProcess {
  const child = spawn(process.execPath, [mainFile, ...args], {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { out: '', err: '' };
  const listeners = new Set<() => void>();
  const hear = (stream: 'out' | 'err') => (chunk: Buffer) => {
    printed[stream] += chunk.toString();
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', hear('out'));
  child.stderr.on('data', hear('err'));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    printed,
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!printed.out.includes(text) && !printed.err.includes(text)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        void ended.then((code) =>
          reject(new Error(`It ended with ${code} and never said "${text}":\n${printed.err}`)),
        );
      }),
  };
}

/** What Ctrl-C does on a terminal: the signal goes to the whole foreground group, children included. */
export function pressCtrlC({ child }: CliProcess): void {
  process.kill(-child.pid!, 'SIGINT');
}

export async function runCliProcess(
  args: string[],
  cwd: string,
): Promise<{ code: number | null; out: string; err: string }> {
  const started = startCli(args, cwd);
  return { code: await started.ended, ...started.printed };
}

/** Runs command lines one after another in one process, which starts once; throws where one fails. */
export async function runCommandLines(commands: readonly (readonly string[])[], cwd: string): Promise<void> {
  const child = spawn(process.execPath, [commandLinesFile, ...commands.map((args) => JSON.stringify(args))], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`A command line ended with ${code}: ${err}`);
}
