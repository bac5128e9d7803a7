import { realpathSync } from 'node:fs';
import path from 'node:path';

/** A clone may be reached through a link; our own file is known by its real path. */
function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

/**
 * The project folder on the command line: the last word after our own file that is no switch. Unpackaged, Electron's
 * own switches may stand before the file; packaged, there is no file.
 */
export function projectArgument(argv: readonly string[], ownFile: string, folder: string): string | null {
  const own = argv.findIndex((argument) => realPath(path.resolve(folder, argument)) === ownFile);
  const words = argv.slice(own === -1 ? 1 : own + 1).filter((argument) => !argument.startsWith('-'));
  const last = words.at(-1);
  return last === undefined ? null : path.resolve(folder, last);
}
