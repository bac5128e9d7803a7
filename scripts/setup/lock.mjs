import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';

/**
 * @typedef {object} Holder
 * @property {number} pid
 * @property {string} startedAt start time of that process in clock ticks since boot, so that a reused pid is told apart
 * @property {string} host
 */

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
 * Whether the process that a lock names is certainly gone. A holder on another host (a shared home
 * folder) cannot be seen from here and is taken for alive.
 * @param {Holder} holder
 */
export function isGone(holder) {
  if (holder.host !== hostname()) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
  const start = processStart(holder.pid);
  return start !== '' && holder.startedAt !== '' && start !== holder.startedAt;
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
    if (other !== null && isGone(other)) unlinkSync(breaking);
    return;
  }
  try {
    const holder = readHolder(file);
    if (holder !== null && isGone(holder)) unlinkSync(file);
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
 * @param {{ onWait?: (holder: Holder) => void, pollMs?: number }} [options]
 * @returns {Promise<T>}
 */
export async function withLock(file, work, { onWait = () => {}, pollMs = 250 } = {}) {
  mkdirSync(dirname(file), { recursive: true });
  let told = false;
  while (!tryTake(file)) {
    const holder = readHolder(file);
    if (holder === null) continue;
    if (isGone(holder)) {
      breakStale(file);
      continue;
    }
    if (!told) onWait(holder);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  try {
    return await work();
  } finally {
    unlinkSync(file);
  }
}
