// npm start: the workstation, in Electron where it can run, else in the browser; one line says which and why.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import path from 'node:path';

import { chooseHost, hasDisplay } from './choose-host.ts';
import { findElectron } from '../src/engine/system/find-electron.ts';
import { repositoryFolder as root } from './setup/places.mjs';

/** An Electron that ends by itself within this time did not come up. */
const startedAfterMs = 5000;

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** Runs Electron until it ends; null when it did not come up. */
function runElectron(binary: string, args: string[]): Promise<number | null> {
  const started = performance.now();
  const child = spawn(binary, [path.join(root, 'out/main/index.js'), ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal));
  return new Promise((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', (code, signal) => {
      const failed = signal !== null || code !== 0;
      if (failed && !child.killed && performance.now() - started < startedAfterMs) resolve(null);
      else resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

async function runServer(args: string[]): Promise<void> {
  const open = hasDisplay(process.platform, process.env) ? ['--open'] : [];
  if (open.length === 0) tell('Open the address below on this machine, or through an SSH tunnel.');
  process.argv.splice(2, Infinity, 'serve', ...open, ...args);
  await import('../src/cli/main.ts');
}

const given = process.argv.slice(2);
const forced = given.includes('--browser');
const args = given.filter((argument) => argument !== '--browser');
const { host, why } = chooseHost({
  forced,
  // Only the server has options, such as --port; Electron takes a project.
  serverOptions: args.some((argument) => argument.startsWith('-')),
  electron: findElectron(path.join(root, 'node_modules')),
  platform: process.platform,
  env: process.env,
  isRoot: process.getuid?.() === 0,
});
tell(`Readroom opens in ${host === 'electron' ? 'its own window' : 'the browser'}: ${why}.`);
if (host === 'electron') {
  const projects = args.map((folder) => path.resolve(process.env['READROOM_CWD'] ?? process.cwd(), folder));
  const status = await runElectron(findElectron(path.join(root, 'node_modules')).binary!, projects);
  if (status !== null) process.exit(status);
  tell('Electron did not start; its words stand above. Readroom opens in the browser instead.');
}
await runServer(args);
