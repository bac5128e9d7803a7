#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { text } from 'node:stream/consumers';

import { openInBrowser } from './open-in-browser.ts';
import { runCli } from './run-cli.ts';

const interruptedStatus = 130;

function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user may have no name.
    return 'reader';
  }
}

/** The launcher hands on a signal that the whole group got: within this time it is the same one. */
const sameSignalMs = 1000;

const interrupt = new AbortController();
let interruptedAt = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) {
      if (performance.now() - interruptedAt < sameSignalMs) return;
      process.exit(interruptedStatus);
    }
    interruptedAt = performance.now();
    process.stderr.write('\nEnding cleanly; once more ends at once.\n');
    interrupt.abort();
  });
}
// Whoever reads our output may have seen enough: `readroom runs | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const version = readVersion();
const status = await runCli(process.argv.slice(2), {
  terminal: {
    out: (words) => void process.stdout.write(words),
    err: (words) => void process.stderr.write(words),
    errIsTerminal: process.stderr.isTTY,
    errColumns: process.stderr.isTTY ? process.stderr.columns : 80,
    now: () => performance.now(),
  },
  cwd: process.env['READROOM_CWD'] ?? process.cwd(),
  signal: interrupt.signal,
  version,
  userName: process.env['READROOM_READER'] ?? currentUser(),
  openEngine: async (program) => (await import('./engine.ts')).openEngine(program, version),
  readStdin: () => text(process.stdin),
  openInBrowser,
});
// A pipe takes its time: what was written is let out before the end.
await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
process.exit(status);
