#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';

import { defaultSettingsFolder } from '../host/settings-folder.ts';
import { currentUserName } from '../host/user-name.ts';
import { openInBrowser } from './open-in-browser.ts';
import { runCli } from './run-cli.ts';

const interruptedStatus = 130;

function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
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
    // What breaks while everything is being ended mostly broke because of that.
    process.once('uncaughtException', (error) => {
      process.stderr.write(`While ending: ${error.stack ?? error.message}\n`);
      process.exit(interruptedStatus);
    });
    interrupt.abort();
  });
}
// Whoever reads our output may have seen enough: `readroom runs | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const version = readVersion();
const userName = currentUserName();
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
  userName,
  openEngine: async (program) =>
    (await import('./engine.ts')).openEngine({
      ...{ program, version, userName },
      host: program === 'readroom serve' ? 'server' : 'command line',
      settingsFolder: defaultSettingsFolder(),
      ending: interrupt.signal,
    }),
  readStdin: () => text(process.stdin),
  openInBrowser,
});
// A pipe takes its time: what was written is let out before the end.
await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
process.exit(status);
