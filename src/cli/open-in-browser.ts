import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Longer than a browser takes to start. */
const keptMs = 60_000;

/**
 * A page that only its owner can read and that leads on to `url`. The address holds the token, and a command
 * line is shown to every user of the machine. `remove` takes it away again.
 */
export function writeRedirect(parent: string, url: string): { file: string; remove(): void } {
  const folder = mkdtempSync(join(parent, 'readroom-open-'));
  const file = join(folder, 'open.html');
  const address = url.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  const page = `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0; url=${address}"><title>Readroom</title>\n`;
  writeFileSync(file, page, { mode: 0o600 });
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Opens an address with a token in this machine's browser. Where that cannot be, it stands on the screen. */
export function openInBrowser(url: string): void {
  let page: ReturnType<typeof writeRedirect>;
  try {
    // Browsers from a snap or a flatpak see nothing of the temporary folder and no hidden ones.
    page = writeRedirect(homedir(), url);
  } catch {
    return;
  }
  process.once('exit', page.remove);
  setTimeout(page.remove, keptMs).unref();
  const programs: Partial<Record<NodeJS.Platform, [string, ...string[]]>> = {
    darwin: ['open'],
    win32: ['cmd', '/c', 'start', ''],
  };
  const [program, ...args] = programs[process.platform] ?? ['xdg-open'];
  const child = spawn(program, [...args, page.file], { stdio: 'ignore', detached: true });
  // Machines without a display have no browser to open.
  child.on('error', page.remove);
  child.unref();
}
