// Whether the built screens are those of the sources. Plain JavaScript: the launcher asks before every start.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What the sources were. `quick` is over names, sizes and times, `content` over the bytes: a fresh checkout changes
 * the first alone.
 * @typedef {{ quick: string, content: string }} Fingerprint
 */

/** @param {string} out */
export const screensStampFile = (out) => join(out, 'sources.json');

/** All of a build's text and pictures. */
const folders = ['src', 'docs/guide'];

/** Beside them: whatever else decides what a build gives. */
const others = [
  'package.json',
  'package-lock.json',
  'vite.main.config.ts',
  'vite.renderer.config.ts',
  'scripts/setup/screens.ts',
  'scripts/setup/screens-stamp.mjs',
];

/** @param {string} root */
function sourceFiles(root) {
  const inFolders = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return [...inFolders, ...others.map((name) => join(root, name))].sort();
}

/**
 * @param {string} root
 * @param {readonly string[]} files
 * @param {(file: string) => string | Buffer} of
 */
function digest(root, files, of) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file.slice(root.length)}\0`)
      .update(of(file))
      .update('\0');
  return hash.digest('hex');
}

/** @param {string} root @param {readonly string[]} files */
const quickOf = (root, files) =>
  digest(root, files, (file) => {
    const { size, mtimeMs } = statSync(file);
    return `${size} ${mtimeMs}`;
  });

/**
 * @param {string} root
 * @returns {Fingerprint}
 */
export function sourcesFingerprint(root) {
  const files = sourceFiles(root);
  return { quick: quickOf(root, files), content: digest(root, files, readFileSync) };
}

/**
 * @param {string} root
 * @returns {boolean}
 */
export function screensAreFresh(root) {
  const stampFile = screensStampFile(join(root, 'out'));
  /** @type {Fingerprint} */
  let built;
  try {
    built = JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return false;
  }
  const files = sourceFiles(root);
  const quick = quickOf(root, files);
  if (built.quick === quick) return true;
  const content = digest(root, files, readFileSync);
  if (built.content !== content) return false;
  writeFileSync(stampFile, `${JSON.stringify({ quick, content })}\n`);
  return true;
}
