import { linkSync, mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';

/**
 * @typedef {object} Holder
 * @property {number} pid
 * @property {string} startedAt start time of that process in clock ticks since boot, so that a reused pid is told apart
 * @property {string} host
 */

/** How often a holder touches its lock file, and after how long without a touch it is taken for dead. */
const touchEveryMs = 5000;
const silentMs = 60_000;

/**
 * @param {number} pid
 * @returns {string} empty where the system does not tell
 */
function processStart(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22; the command name in field 2 may hold spaces and brackets, so count from its end.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** @returns {Holder} */
const thisProcess = () => ({ pid: process.pid, startedAt: processStart(process.pid), host: hostname() });

/**
 * Whether the process that a lock names is gone. One on another host or in another container (a shared home
 * folder), or whose start time the system does not tell, cannot be recognised from here: it is taken for gone
 * once it has not touched its lock for a while.
 * @param {Holder} holder
 * @param {number} silentForMs since its last touch
 */
export function isGone(holder, silentForMs) {
  const silent = silentForMs > silentMs;
  if (holder.host !== hostname()) return silent;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM says only that a process of another user has this number now.
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH') return true;
  }
  const start = processStart(holder.pid);
  return start === '' || holder.startedAt === '' ? silent : start !== holder.startedAt;
}

/** @param {string} file @returns {number} milliseconds since its holder touched it; 0 when there is none */
function silentFor(file) {
  const time = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return time === undefined ? 0 : Date.now() - time;
}

/**
 * @param {string} file
 * @returns {Holder | null} null when there is no lock file
 */
function readHolder(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return null;
    throw new Error(`The lock file ${file} cannot be read. Remove it if no other set-up is running.`, {
      cause: error,
    });
  }
}

/**
 * @param {string} file
 * @returns {boolean} false when somebody else holds it
 */
function tryTake(file) {
  const own = `${file}.${process.pid}.${Math.round(performance.now() * 1000)}`;
  writeFileSync(own, JSON.stringify(thisProcess()));
  try {
    // A hard link appears with its whole content or not at all, unlike a file that is created, then written.
    linkSync(own, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(own);
  }
}

/**
 * Removes a lock whose holder is gone. A second lock keeps two waiters from removing each other's fresh one.
 * @param {string} file
 */
function breakStale(file) {
  const breaking = `${file}.breaking`;
  if (!tryTake(breaking)) {
    const other = readHolder(breaking);
    if (other !== null && isGone(other, silentFor(breaking))) unlinkSync(breaking);
    return;
  }
  try {
    const holder = readHolder(file);
    if (holder !== null && isGone(holder, silentFor(file))) unlinkSync(file);
  } finally {
    unlinkSync(breaking);
  }
}

/**
 * Runs `work` while no other process on this machine holds the lock. The lock saves work done twice;
 * what is built under it must still be put in place by a rename, since a lock can outlive its holder's host.
 * @template T
 * @param {string} file
 * @param {() => T | Promise<T>} work
 * @param {{ onWait?: (holder: Holder) => void, pollMs?: number, touchMs?: number }} [options]
 * @returns {Promise<T>}
 */
export async function withLock(file, work, { onWait = () => {}, pollMs = 250, touchMs = touchEveryMs } = {}) {
  mkdirSync(dirname(file), { recursive: true });
  let told = false;
  while (!tryTake(file)) {
    const holder = readHolder(file);
    if (holder === null) continue;
    if (isGone(holder, silentFor(file))) {
      breakStale(file);
      continue;
    }
    if (!told) onWait(holder);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  const mine = readFileSync(file, 'utf8');
  const toucher = keepTouching(file, mine, touchMs);
  try {
    return await work();
  } finally {
    await toucher.terminate();
    // A machine that slept may have lost its lock to another.
    if (textOf(file) === mine) unlinkSync(file);
  }
}

/**
 * Touches a lock file as long as it is ours, from a thread of its own: the work may block this one for minutes.
 * @param {string} file
 * @param {string} content
 * @param {number} everyMs
 */
function keepTouching(file, content, everyMs) {
  const program = `
    const { readFileSync, utimesSync } = require('node:fs');
    const { file, content, everyMs } = require('node:worker_threads').workerData;
    setInterval(() => {
      try {
        if (readFileSync(file, 'utf8') === content) utimesSync(file, new Date(), new Date());
      } catch {}
    }, everyMs);`;
  const worker = new Worker(program, { eval: true, execArgv: [], workerData: { file, content, everyMs } });
  worker.on('error', () => {});
  return worker;
}

/** @param {string} file @returns {string | null} */
function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/**
 * What a waiting set-up says of whom it waits for.
 * @param {Holder} holder
 * @param {string} file
 */
export const waitingFor = ({ pid, host }, file) =>
  `another set-up is running as process ${pid} on ${host}; its lock is ${file}`;
