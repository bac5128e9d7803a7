// Electron's main process: window, menu, dialogs, security policy, and the supervision of the processes that work.
import path from 'node:path';

import { app, BrowserWindow, dialog, Menu, protocol, session } from 'electron';

import { hostChannels } from '../contract/host-channels.ts';
import { projectArgument } from './arguments.ts';
import type { RecentFolder } from './engine-messages.ts';
import { createEngineProcess } from './engine-process.ts';
import { answerHostCalls } from './host-calls.ts';
import { menuTemplate } from './menu.ts';
import { createPageHandler } from './pages.ts';
import { appScheme, grantsPermission } from './policy.ts';
import { quitQuestion } from './quit.ts';
import { openWindow } from './window.ts';

const builtFolder = path.join(import.meta.dirname, '..');
const fileOf = (entry: string): string => path.join(import.meta.dirname, `${entry}.js`);

let window: BrowserWindow | null = null;
let recent: readonly RecentFolder[] = [];
let quitting: 'no' | 'asking' | 'closing' | 'closed' = 'no';
const isClosing = (): boolean => quitting === 'closing' || quitting === 'closed';
const reloadsAMinute = 2;
let pageGoneAt: number[] = [];

const engine = createEngineProcess(fileOf, {
  onState(state, crashed) {
    window?.webContents.send(hostChannels.engineState, state);
    if (state.status === 'running') sendPort();
    if (crashed && state.status === 'stopped') void tellStopped(state.reason);
  },
  onRecent(projects) {
    recent = projects;
    const [newest] = projects;
    if (newest !== undefined) app.addRecentDocument(newest.path);
    showMenu();
  },
});

/** Set once the page has asked for the engine; from then on each new engine's port comes by itself. */
let pageWaits = false;
/** As the page says. */
let hasUnsaved = false;

function sendPort(): void {
  if (!pageWaits || window === null || engine.state.status !== 'running') return;
  window.webContents.postMessage(hostChannels.port, null, [engine.connect()]);
}

function sendCommand(command: string): void {
  const open = window ?? createWindow();
  open.webContents.send(hostChannels.command, command);
}

function showMenu(): void {
  const { platform } = process;
  const template = menuTemplate({ platform, isDevelopment: !app.isPackaged, recent }, sendCommand);
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}

interface Question {
  type: 'question' | 'error';
  message: string;
  detail: string;
  /** The first does something, the second leaves all as it is. */
  buttons: [string, string];
  usual: 0 | 1;
}

/** Whether the first button was pressed. */
async function ask({ usual, ...question }: Question): Promise<boolean> {
  const options = { ...question, title: 'Readroom', defaultId: usual, cancelId: 1, noLink: true };
  const { response } = await (window
    ? dialog.showMessageBox(window, options)
    : dialog.showMessageBox(options));
  return response === 0;
}

const reportHint = 'Nothing saved is lost. If it happens again, report it with this text.';

async function tellStopped(reason: string): Promise<void> {
  const again = await ask({
    type: 'error',
    message: 'The engine stopped several times.',
    detail: `${reason}\n\n${reportHint}`,
    buttons: ['Start it again', 'Not now'],
    usual: 0,
  });
  if (again) engine.start();
}

/** The page's own process ended: it comes back by itself, unless it keeps ending. */
async function pageGone(gone: BrowserWindow, reason: string): Promise<void> {
  const now = performance.now();
  pageGoneAt = [...pageGoneAt.filter((at) => now - at < 60_000), now];
  const again =
    pageGoneAt.length <= reloadsAMinute ||
    (await ask({
      type: 'error',
      message: 'The window’s page stopped several times.',
      detail: `Its process ended (${reason}). What runs goes on.\n\n${reportHint}`,
      buttons: ['Show it again', 'Not now'],
      usual: 0,
    }));
  if (again && window === gone) gone.webContents.reload();
}

function createWindow(): BrowserWindow {
  const opened = openWindow(
    path.join(builtFolder, 'preload', 'index.cjs'),
    path.join(app.getPath('userData'), 'window.json'),
  );
  window = opened;
  opened.webContents.on('did-start-navigation', (details) => {
    if (details.isMainFrame && !details.isSameDocument) forgetPage();
  });
  opened.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason !== 'clean-exit') void pageGone(opened, reason);
  });
  opened.on('close', (event) => {
    // On macOS the application stays, and with it what runs.
    if (process.platform === 'darwin' || quitting === 'closed') return;
    event.preventDefault();
    void quit();
  });
  opened.on('closed', () => {
    window = null;
    forgetPage();
  });
  return opened;
}

function forgetPage(): void {
  pageWaits = false;
  hasUnsaved = false;
}

/** Asks where something runs or is not saved, lets the engine close, and ends. A signal is not asked about: work can be resumed. */
async function quit(bySignal = false): Promise<void> {
  if (isClosing() || (quitting === 'asking' && !bySignal)) return;
  if (!bySignal) {
    quitting = 'asking';
    const question = quitQuestion(await engine.activity(), hasUnsaved);
    const buttons: [string, string] = [question?.quit ?? '', 'Cancel'];
    const stop = question === null || (await ask({ type: 'question', ...question.words, buttons, usual: 1 }));
    // A signal may have come meanwhile.
    if (isClosing()) return;
    if (!stop) {
      quitting = 'no';
      return;
    }
  }
  quitting = 'closing';
  window?.hide();
  await engine.close();
  quitting = 'closed';
  app.quit();
}

function showProject(folder: string | null): void {
  const open = window ?? createWindow();
  if (open.isMinimized()) open.restore();
  open.focus();
  if (folder !== null) sendCommand(`project.open:${folder}`);
}

function start(project: string | null): void {
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((_contents, permission, answer, details) =>
    answer(grantsPermission(permission, details.requestingUrl)),
  );
  defaultSession.setPermissionCheckHandler((_contents, permission, origin) =>
    grantsPermission(permission, origin),
  );
  defaultSession.setDevicePermissionHandler(() => false);
  protocol.handle('app', createPageHandler(path.join(builtFolder, 'renderer'), engine.media));
  answerHostCalls(() => window, engine, {
    sendPort() {
      pageWaits = true;
      sendPort();
    },
    tellUnsaved: (unsaved) => (hasUnsaved = unsaved),
  });
  engine.start();
  showMenu();
  createWindow();
  if (project !== null) sendCommand(`project.open:${project}`);
}

app.setName('Readroom');
app.setPath('userData', path.join(app.getPath('appData'), 'readroom', 'window'));
protocol.registerSchemesAsPrivileged([appScheme]);
let project = projectArgument(process.argv, import.meta.filename, process.cwd());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void quit(true));
if (app.requestSingleInstanceLock({ project })) {
  app.on('second-instance', (_event, _argv, _folder, data) => {
    const { project: asked } = (data ?? {}) as { project?: unknown };
    showProject(typeof asked === 'string' && path.isAbsolute(asked) ? asked : null);
  });
  app.on('open-file', (event, folder) => {
    event.preventDefault();
    // The system may name a folder before there is a window to show it in.
    if (app.isReady()) showProject(folder);
    else project = folder;
  });
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0 && quitting === 'no') createWindow();
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('before-quit', (event) => {
    if (quitting === 'closed') return;
    event.preventDefault();
    void quit();
  });
  app.on('web-contents-created', (_event, contents) => {
    // Nothing but the one window has contents; should that ever change, they start without rights.
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    contents.on('will-attach-webview', (event) => event.preventDefault());
  });
  void app.whenReady().then(() => start(project));
} else {
  app.quit();
}
