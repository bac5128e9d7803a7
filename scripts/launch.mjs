#!/usr/bin/env node
// The one entry behind every npm script. Plain JavaScript for Node 20.19 with nothing installed: it makes
// sure that set-up was done, then runs the wanted program under Node 24 where the caller stands.
import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { createHash } from 'node:crypto';
import { delimiter, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { waitingFor, withLock } from './setup/lock.mjs';
import { checkNode, installPackages, Interrupted, nodeBinary } from './setup/packages.mjs';
import {
  cacheFolder,
  missingParts,
  readStamp,
  repositoryFolder,
  say,
  sha256OfSmallFile,
  updateStamp,
  wishedVariant,
} from './setup/places.mjs';
import { screensAreFresh } from './setup/screens-stamp.mjs';

const endWithParent = [
  '--import',
  pathToFileURL(join(repositoryFolder, 'scripts/setup/end-with-parent.mjs')).href,
];

/** @type {Record<string, { parts: string[], node?: string[], program: string[] }>} */
const commands = {
  start: {
    parts: ['tensorflow', 'electron', 'screens'],
    node: endWithParent,
    program: ['scripts/start.ts'],
  },
  readroom: { parts: ['tensorflow'], node: endWithParent, program: ['src/cli/main.ts'] },
  setup: { parts: [], program: ['scripts/setup/main.ts'] },
  test: { parts: ['tensorflow', 'browser', 'screens'], program: ['scripts/test.ts'] },
  pictures: { parts: ['tensorflow', 'browser', 'screens'], program: ['scripts/pictures.ts'] },
  'test:electron': { parts: ['tensorflow', 'electron', 'screens'], program: ['scripts/test-electron.ts'] },
  check: { parts: [], program: ['scripts/check.ts'] },
  prove: { parts: ['tensorflow', 'browser', 'screens'], program: ['scripts/prove.ts'] },
  bench: { parts: ['tensorflow', 'browser', 'screens'], program: ['bench/main.ts'] },
  format: { parts: [], program: ['scripts/format.ts'] },
};

/**
 * Runs a program under Node 24 with our stdio, and hands on signals and the exit status.
 * @param {string[]} args
 * @param {string} workingFolder
 * @returns {Promise<number>}
 */
function runUnderNode24(args, workingFolder) {
  const binary = nodeBinary(repositoryFolder);
  const child = spawn(binary, args, {
    cwd: workingFolder,
    stdio: 'inherit',
    env: {
      // Compiled code is kept between starts, for children too: it halves the start of a command.
      NODE_COMPILE_CACHE: join(cacheFolder(), 'compiled'),
      ...process.env,
      PATH: [dirname(binary), join(repositoryFolder, 'node_modules/.bin'), process.env['PATH']]
        .filter(Boolean)
        .join(delimiter),
    },
  });
  let handedOnAt = -Infinity;
  for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      // On a terminal Ctrl-C reaches the whole foreground group by itself, and npm hands it on once more;
      // the program would take the second for "at once".
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      if (performance.now() - handedOnAt < 1000) return;
      handedOnAt = performance.now();
      child.kill(signal);
    });
  }
  if (process.env['npm_lifecycle_event'] !== undefined) {
    // The npm scripts say `exec`, so that npm itself is our parent: a shell between would swallow its SIGINT.
    const npm = process.ppid;
    setInterval(() => process.ppid !== npm && child.kill('SIGTERM'), 1000).unref();
  }
  return new Promise((resolveStatus, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      resolveStatus(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}

/**
 * Does what is missing of set-up; returns at once when nothing is.
 * @param {string[]} parts beyond packages and Node 24
 * @param {boolean} asked whether a person asked for set-up by name, and expects a line for every step
 */
async function ensureSetUp(parts, asked) {
  const root = repositoryFolder;
  const missing = () =>
    missingParts(asked ? null : readStamp(root), {
      parts: ['packages', ...parts],
      lockSha256: sha256OfSmallFile(join(root, 'package-lock.json')),
      tensorflowWish: process.env['READROOM_TENSORFLOW'] || null,
      tensorflowVariant: wishedVariant(),
      nowMs: Date.now(),
      screensAreFresh: () => screensAreFresh(root),
    });
  if (missing().length === 0) {
    const { tensorflow } = readStamp(root) ?? {};
    if (parts.includes('tensorflow') && tensorflow?.ok === false) {
      say('TensorFlow', 'NOT THERE, the next backend is used', 'npm run setup tells why and tries again');
    }
    return;
  }
  const lock = join(cacheFolder(), 'locks', createHash('sha256').update(root).digest('hex').slice(0, 16));
  await withLock(
    lock,
    async () => {
      const now = missing();
      if (now.includes('packages')) {
        await installPackages(root);
        checkNode(root);
        updateStamp(root, { lockSha256: sha256OfSmallFile(join(root, 'package-lock.json')) });
      }
      const rest = now.filter((part) => part !== 'packages');
      if (rest.length === 0) return;
      const status = await runUnderNode24(
        [join(root, 'scripts/setup/main.ts'), ...rest.map((part) => `--part=${part}`)],
        root,
      );
      if (status !== 0) throw new Error(`Set-up ended with status ${status}: the reason stands above.`);
    },
    { onWait: (holder) => say('waiting', waitingFor(holder, lock)) },
  );
}

/**
 * @param {string} name of `commands`
 * @param {string[]} args
 * @param {string} workingFolder
 * @returns {Promise<number>} exit status
 */
export async function launch(name, args, workingFolder) {
  const command = commands[name];
  if (command === undefined) {
    process.stderr.write(`Unknown command "${name}". Known: ${Object.keys(commands).join(', ')}.\n`);
    return 2;
  }
  try {
    // Of all commands only the server shows the screens.
    const shows = name === 'readroom' && args.includes('serve');
    await ensureSetUp(shows ? [...command.parts, 'screens'] : command.parts, name === 'setup');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const interrupted = error instanceof Interrupted;
    process.stderr.write(`set-up: ${interrupted ? '' : 'FAILED: '}${message}\n`);
    if (name === 'readroom' && args.includes('--json')) {
      const hint = interrupted ? 'Run the command again.' : 'Run npm run setup and read its lines.';
      const code = interrupted ? 'interrupted' : 'internal';
      process.stdout.write(`${JSON.stringify({ error: { code, message, hint } })}\n`);
    }
    return interrupted ? 128 + constants.signals[error.signal] : 1;
  }
  const [program, ...first] = command.program;
  const inClone = name === 'readroom' || name === 'start' ? workingFolder : repositoryFolder;
  return runUnderNode24(
    [...(command.node ?? []), join(repositoryFolder, program ?? ''), ...first, ...args],
    inClone,
  );
}

/** npm changes to the clone's root; INIT_CWD is where the caller stood. */
function callersFolder() {
  const { npm_package_json: packageJson, INIT_CWD: initial } = process.env;
  const ours = packageJson !== undefined && resolve(dirname(packageJson)) === resolve(repositoryFolder);
  return ours && initial !== undefined ? initial : process.cwd();
}

if (
  process.argv[1] !== undefined &&
  realpathSync(process.argv[1]) === realpathSync(new URL(import.meta.url))
) {
  const [name = '', ...args] = process.argv.slice(2);
  process.exitCode = await launch(name, args, callersFolder());
}
