import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Raised when a step of set-up changes what it leaves behind, so that every clone runs it again. */
export const setupVersion = 1;

/** The major version of Node under which everything but the launcher runs. */
export const nodeMajor = 24;

/** The clone's root, with a separator at its end. */
export const repositoryFolder = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The user's cache folder for Readroom, shared by every clone on the machine.
 * @param {NodeJS.ProcessEnv} [env]
 * @param {NodeJS.Platform} [platform]
 * @returns {string}
 */
export function cacheFolder(env = process.env, platform = process.platform) {
  const named = env['XDG_CACHE_HOME'];
  if (named !== undefined && isAbsolute(named)) return join(named, 'readroom');
  const home = env['HOME'] || homedir();
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'readroom');
  if (platform === 'win32')
    return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'readroom', 'cache');
  return join(home, '.cache', 'readroom');
}

/**
 * One plain line of a set-up step: what, result, reason. On stderr, because the stdout of
 * `readroom --json` holds one JSON document and nothing else.
 * @param {string} what
 * @param {string} result
 * @param {string} [reason]
 */
export function say(what, result, reason) {
  process.stderr.write(`set-up: ${what}: ${result}${reason ? ` (${reason})` : ''}\n`);
}

/**
 * @typedef {object} StepRecord
 * @property {boolean} ok
 * @property {string} reason
 * @property {string} at UTC, ISO 8601
 */

/**
 * What set-up has done in this clone. It lives in node_modules, so it goes when they go.
 * @typedef {object} Stamp
 * @property {number} setupVersion
 * @property {string} lockSha256 SHA-256 of package-lock.json when the packages were put in place
 * @property {string | null} tensorflowWish what READROOM_TENSORFLOW said
 * @property {(StepRecord & { binding: string | null, variant: 'cpu' | 'gpu' }) | null} tensorflow
 * @property {StepRecord | null} electron
 * @property {StepRecord | null} browser
 */

/** @param {string} root */
export const stampFile = (root) => join(root, 'node_modules', '.readroom-setup.json');

/**
 * @param {string} root
 * @returns {Stamp | null} null when there is none or it cannot be read: set-up then runs again
 */
export function readStamp(root) {
  try {
    const stamp = JSON.parse(readFileSync(stampFile(root), 'utf8'));
    return stamp !== null && typeof stamp === 'object' && stamp.setupVersion === setupVersion ? stamp : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} root
 * @param {Partial<Stamp>} changes
 */
export function updateStamp(root, changes) {
  /** @type {Stamp} */
  const stamp = {
    setupVersion,
    lockSha256: '',
    tensorflowWish: null,
    tensorflow: null,
    electron: null,
    browser: null,
    ...readStamp(root),
    ...changes,
  };
  const partial = `${stampFile(root)}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(stamp, null, 2)}\n`);
  renameSync(partial, stampFile(root));
}

/** @param {string} file */
export const sha256OfSmallFile = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

export const tensorflowCache = () => join(cacheFolder(), 'tensorflow');

/**
 * Which build of TensorFlow this machine's clones use; kept beside the cache because it goes with the GPU, not
 * with a clone.
 * @returns {'cpu' | 'gpu'}
 */
export function wishedVariant(cache = tensorflowCache()) {
  try {
    return readFileSync(join(cache, 'wish'), 'utf8').trim() === 'gpu' ? 'gpu' : 'cpu';
  } catch {
    return 'cpu';
  }
}

/** How long a failed search for TensorFlow is remembered before a command tries again by itself. */
const retryAfterMs = 24 * 3600 * 1000;

/**
 * Which parts of set-up a command still has to run; empty when all is in place.
 * @param {Stamp | null} stamp
 * @param {{ parts: readonly string[], lockSha256: string, tensorflowWish: string | null,
 *   tensorflowVariant: 'cpu' | 'gpu', nowMs: number, exists?: (path: string) => boolean,
 *   screensAreFresh?: () => boolean }} now
 * @returns {string[]} of `packages`, `tensorflow`, `electron`, `browser`, `screens`
 */
export function missingParts(
  stamp,
  {
    parts,
    lockSha256,
    tensorflowWish,
    tensorflowVariant,
    nowMs,
    exists = existsSync,
    screensAreFresh = () => true,
  },
) {
  if (stamp === null || stamp.lockSha256 !== lockSha256) return [...parts];
  return parts.filter((part) => {
    if (part === 'tensorflow') {
      const { tensorflow } = stamp;
      if (tensorflow === null || stamp.tensorflowWish !== tensorflowWish) return true;
      if (tensorflow.variant !== tensorflowVariant) return true;
      if (tensorflow.ok) return tensorflow.binding === null || !exists(tensorflow.binding);
      return nowMs - Date.parse(tensorflow.at) > retryAfterMs;
    }
    if (part === 'electron') return stamp.electron === null;
    if (part === 'browser') return stamp.browser === null;
    if (part === 'screens') return !screensAreFresh();
    return false;
  });
}
