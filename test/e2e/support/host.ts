import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { _electron, chromium, type Browser, type Page } from 'playwright-core';

import { repositoryFolder } from '../../../scripts/setup/places.mjs';
import { findChromium } from '../../../src/engine/system/find-browser.ts';
import { findElectron } from '../../../src/engine/system/find-electron.ts';

export type HostKind = 'server' | 'electron';

/** Which host `npm test` and `npm run test:electron` run the specs in. */
export const hostKind: HostKind = process.env['READROOM_E2E_HOST'] === 'electron' ? 'electron' : 'server';

export interface OpenHost {
  kind: HostKind;
  page: Page;
  /** Where the server answers, with its token; null in Electron. */
  address: string | null;
  /** One more window on the same engine; null in Electron, which has one. */
  openPage: (() => Promise<Page>) | null;
  /** A page in a browser of its own, at the server's address without the token; null in Electron. */
  openStranger: (() => Promise<Page>) | null;
  /** What the system's next dialogs are answered with, where the host has any. */
  answerDialog(paths: string[]): Promise<void>;
  /** What went wrong in any page: uncaught errors, and what the page's policy refused. */
  problems: string[];
  close(): Promise<void>;
}

export interface HostOptions {
  kind?: HostKind;
  /** Opened at the start. */
  project?: string;
  width?: number;
  height?: number;
  theme?: 'dark' | 'light';
}

/** Starts the application with settings of its own, and its first page. Needs the built screens. */
export async function openHost(options: HostOptions = {}): Promise<OpenHost> {
  const env = { ...process.env, XDG_CONFIG_HOME: mkdtempSync(path.join(tmpdir(), 'e2e-settings-')) };
  return (options.kind ?? hostKind) === 'electron' ? openElectron(options, env) : openServer(options, env);
}

function watch(page: Page, problems: string[]): Page {
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  return page;
}

async function openElectron(options: HostOptions, env: NodeJS.ProcessEnv): Promise<OpenHost> {
  const { binary } = findElectron(path.join(repositoryFolder, 'node_modules'));
  if (binary === null) throw new Error('Electron’s binary is not here; npm run test:electron says why.');
  const app = await _electron.launch({
    executablePath: binary,
    args: [path.join(repositoryFolder, 'out/main/index.js'), ...(options.project ? [options.project] : [])],
    env: env as Record<string, string>,
  });
  const problems: string[] = [];
  const page = watch(await app.firstWindow(), problems);
  const { width = 1280, height = 720, theme } = options;
  await app.evaluate(
    ({ BrowserWindow }, size) => BrowserWindow.getAllWindows()[0]?.setContentSize(size.width, size.height),
    { width, height },
  );
  if (theme) await page.emulateMedia({ colorScheme: theme });
  return {
    kind: 'electron',
    page,
    address: null,
    openPage: null,
    openStranger: null,
    answerDialog: (paths) =>
      app.evaluate(({ dialog }, filePaths) => {
        dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths });
      }, paths),
    problems,
    close: () => app.close(),
  };
}

async function openServer(options: HostOptions, env: NodeJS.ProcessEnv): Promise<OpenHost> {
  const installed = await findChromium();
  if (installed === null) throw new Error('No Chromium was found: npm run setup -- --browser fetches one.');
  const args = ['serve', ...(options.project ? [options.project] : []), '--port', '0', '--json'];
  const server = spawn(process.execPath, [path.join(repositoryFolder, 'src/cli/main.ts'), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let browser: Browser | null = null;
  try {
    const url = await addressOf(server);
    browser = await chromium.launch({
      executablePath: installed.path,
      // Chromium's own sandbox does not run as root, as in a container.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    });
    const { width = 1280, height = 720, theme = 'dark' } = options;
    const running = browser;
    const newContext = async () => {
      const context = await running.newContext({ viewport: { width, height }, colorScheme: theme });
      // Only what hangs is to fail by time, however busy the machine is.
      context.setDefaultTimeout(60_000);
      return context;
    };
    const context = await newContext();
    const problems: string[] = [];
    const openPage = async (): Promise<Page> => {
      const page = watch(await context.newPage(), problems);
      await page.goto(url);
      return page;
    };
    return {
      kind: 'server',
      page: await openPage(),
      address: url,
      openPage,
      async openStranger() {
        const page = await (await newContext()).newPage();
        // That the page is refused before somebody signs in is an error to the browser's console only.
        page.on('pageerror', (error) => problems.push(error.message));
        await page.goto(new URL('/', url).href);
        return page;
      },
      answerDialog: () => Promise.resolve(),
      problems,
      async close() {
        await running.close();
        await end(server);
      },
    };
  } catch (error) {
    await browser?.close();
    await end(server);
    throw error;
  }
}

/** The address that the server prints first. */
async function addressOf(server: ChildProcess): Promise<string> {
  let [out, err] = ['', ''];
  server.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((resolve, reject) => {
    server.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const url = /"url":\s*"([^"]+)"/.exec(out)?.[1];
      if (url !== undefined) resolve(url);
    });
    server.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${err}`)));
  });
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  await ended;
}
