import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { inertPolicy, pagePolicy } from '../host/page-policy.ts';

/** Where set-up puts the built screens. */
export const builtScreens = fileURLToPath(new URL('../../out/renderer/', import.meta.url));

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

const plainName = /^[\w@-][\w.@-]*$/;

/** A file of the built screens as it is sent. */
export interface ScreenFile {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/**
 * The file that a path stands for: one of the build, or the page itself for the addresses that its own router
 * knows, which are the ones without an extension. Null: there is none.
 */
export async function readScreen(folder: string, address: string): Promise<ScreenFile | null> {
  const names = address.split('/').filter((name) => name !== '');
  const extension = path.extname(names.at(-1) ?? '');
  if (extension === '') return readPage(folder);
  const type = types[extension];
  if (type === undefined || !names.every((name) => plainName.test(name))) return null;
  const body = await readFile(path.join(folder, ...names)).catch(() => null);
  if (!body) return null;
  const isPage = extension === '.html';
  return {
    status: 200,
    headers: {
      'Content-Type': type,
      'Content-Security-Policy': isPage ? pagePolicy : inertPolicy,
      // A built asset's name holds its hash: another content has another name.
      ...(names[0] === 'assets' && { 'Cache-Control': 'private, max-age=31536000, immutable' }),
    },
    body,
  };
}

async function readPage(folder: string): Promise<ScreenFile> {
  const body = await readFile(path.join(folder, 'index.html')).catch(() => null);
  if (body) {
    const headers = { 'Content-Type': types['.html']!, 'Content-Security-Policy': pagePolicy };
    return { status: 200, headers, body };
  }
  return {
    status: 503,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Security-Policy': inertPolicy },
    body: Buffer.from('The screens are not built yet: run npm run setup, then load this page again.\n'),
  };
}
