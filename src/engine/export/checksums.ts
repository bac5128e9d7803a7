import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';

export const sumsFile = 'SHA256SUMS';

export interface FileSum {
  /** Relative to the folder, with forward slashes. */
  readonly path: string;
  readonly sha256: string;
}

/** Every entry under a folder that is not itself a folder, sorted, with forward slashes; links are not followed. */
export async function listFiles(folder: string): Promise<{ path: string; regular: boolean }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({
      path: join(entry.parentPath, entry.name)
        .slice(folder.length)
        .replace(/^[/\\]/, '')
        .split(sep)
        .join('/'),
      regular: entry.isFile(),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A file's SHA-256, read in pieces. */
export async function sha256File(file: string): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(file, 'r');
  try {
    const buffer = new Uint8Array(1024 * 1024);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

/** The text of `SHA256SUMS`, as `sha256sum -c` reads it. */
export function formatSums(sums: readonly FileSum[]): string {
  return sums
    .map(({ path, sha256 }) => {
      const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
      return `${escaped === path ? '' : '\\'}${sha256}  ${escaped}\n`;
    })
    .join('');
}

/** Reads `SHA256SUMS`; lines that are none, and names that lead out of the folder, come back as `bad`. */
export function parseSums(text: string): { sums: FileSum[]; bad: string[] } {
  const sums: FileSum[] = [];
  const bad: string[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const match = /^(\\?)([0-9a-f]{64}) [ *](.+)$/.exec(line.replace(/\r$/, ''));
    const path = match?.[1]
      ? match[3]!.replace(/\\(n|r|\\)/g, (_, escaped: string) => ({ n: '\n', r: '\r' })[escaped] ?? '\\')
      : match?.[3];
    const safe = path !== undefined && !/^([/\\]|[a-z]:)/i.test(path) && !path.split(/[/\\]/).includes('..');
    if (safe) sums.push({ path: path.replace(/^\.\//, ''), sha256: match![2]! });
    else bad.push(line);
  }
  return { sums, bad };
}
