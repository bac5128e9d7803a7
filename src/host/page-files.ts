import path from 'node:path';

/** Which file of the built screens answers an address, the same in every host. */
export interface PageFile {
  /** Below the folder of the built screens, with forward slashes. */
  name: string;
  contentType: string;
  /** Its name holds a hash of its content, so it never changes. */
  isImmutable: boolean;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/**
 * The file for a path as it stands in an address, still encoded. Paths without an extension belong to the screens'
 * own router, which starts from index.html. Null: there is no such file, or the path does not name one plainly.
 */
export function pageFile(pathname: string): PageFile | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (!decoded.startsWith('/') || /[\\\p{Cc}%]/u.test(decoded)) return null;
  const segments = decoded.split('/').slice(1);
  if (segments.some((segment) => segment === '..' || segment === '.')) return null;
  const extension = path.posix.extname(decoded);
  if (extension === '')
    return { name: 'index.html', contentType: contentTypes['.html']!, isImmutable: false };
  const contentType = contentTypes[extension];
  if (contentType === undefined || segments.some((segment) => segment === '')) return null;
  return { name: segments.join('/'), contentType, isImmutable: segments[0] === 'assets' };
}
