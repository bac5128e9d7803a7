/**
 * Stands in for the module `electron` in a main process under plain Node: what Readroom uses of it and no more. Where
 * Electron refuses a call at a time, so does this. Utility processes are real processes, with the real engine in them.
 */
import { EventEmitter } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type * as Electron from 'electron';

import { forkUtility, goneListeners, hub } from './processes.ts';
import type { Link, Packet, StandInPort } from './ports.ts';

/** What the test reads and sets. */
export const record = {
  /** Calls whose order matters, oldest first. */
  order: [] as string[],
  windows: [] as StandInWindow[],
  menu: null as Electron.MenuItemConstructorOptions[] | null,
  dialogs: [] as { kind: string; options: unknown }[],
  /** Answers of the next dialogs, oldest first. */
  dialogAnswers: [] as unknown[],
  opened: [] as string[],
  recentDocuments: [] as string[],
  hasLock: process.env['STAND_IN_SECOND_INSTANCE'] !== '1',
};

/** The test's process, which plays the page. */
const page: Link = { send: (packet) => void process.send?.(packet) };
process.on('message', (message: Packet | { kind: 'control' }) => {
  if (message.kind === 'port' || message.kind === 'portClosed') hub.hear(message);
});
// A test that is gone leaves nothing behind.
process.once('disconnect', () => process.exit(0));

let ready = false;
const whenReady = new Promise<void>((resolve) => {
  setTimeout(() => {
    ready = true;
    record.order.push('ready');
    resolve();
  }, 5);
});
const refuseUnless = (isNow: boolean, what: string): void => {
  if (!isNow) throw new Error(`${what} is called at a wrong time`);
};

const paths: Record<string, string> = {
  appData: process.env['XDG_CONFIG_HOME'] ?? path.join(tmpdir(), 'appData'),
};
type UsedApp = Pick<
  Electron.App,
  | 'isPackaged'
  | 'setName'
  | 'setPath'
  | 'getPath'
  | 'isReady'
  | 'whenReady'
  | 'requestSingleInstanceLock'
  | 'addRecentDocument'
  | 'quit'
>;
const appMembers: UsedApp = {
  isPackaged: false,
  setName: () => undefined,
  setPath: (name, folder) => void (paths[name] = folder),
  getPath: (name) => paths[name] ?? tmpdir(),
  isReady: () => ready,
  whenReady: () => whenReady,
  requestSingleInstanceLock: () => (record.order.push('lock'), record.hasLock),
  addRecentDocument: (folder) => void record.recentDocuments.push(folder),
  quit() {
    record.order.push('quit');
    const event = preventable();
    app.emit('before-quit', event);
    if (event.defaultPrevented) return;
    for (const window of [...record.windows]) window.close();
    if (record.windows.length > 0) return;
    app.emit('will-quit', preventable());
    process.exit(0);
  },
};
export const app = Object.assign(new EventEmitter(), appMembers);
goneListeners.push((details) => app.emit('child-process-gone', {}, details));

export interface Preventable {
  defaultPrevented: boolean;
  preventDefault(): void;
}
export function preventable<T extends object>(more?: T): Preventable & T {
  const event: Preventable = {
    defaultPrevented: false,
    preventDefault: () => void (event.defaultPrevented = true),
  };
  return Object.assign(event, more);
}

type PageHandler = (request: Request) => Response | Promise<Response>;
export const pageHandlers = new Map<string, PageHandler>();
export const registeredSchemes: Electron.CustomScheme[] = [];
export const protocol = {
  registerSchemesAsPrivileged(schemes) {
    refuseUnless(!ready, 'registerSchemesAsPrivileged');
    record.order.push('registerSchemesAsPrivileged');
    registeredSchemes.push(...schemes);
  },
  handle(scheme, handler) {
    refuseUnless(ready, 'protocol.handle');
    record.order.push('protocol.handle');
    pageHandlers.set(scheme, handler);
  },
} satisfies Pick<Electron.Protocol, 'registerSchemesAsPrivileged' | 'handle'>;

export const permissions: {
  request: Parameters<Electron.Session['setPermissionRequestHandler']>[0];
  check: Parameters<Electron.Session['setPermissionCheckHandler']>[0];
  device: Parameters<Electron.Session['setDevicePermissionHandler']>[0];
} = { request: null, check: null, device: null };
export const session = {
  defaultSession: {
    setPermissionRequestHandler: (handler) => void (permissions.request = handler),
    setPermissionCheckHandler: (handler) => void (permissions.check = handler),
    setDevicePermissionHandler: (handler) => void (permissions.device = handler),
  } satisfies Pick<
    Electron.Session,
    'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'
  >,
};

export type InvokeHandler = (event: Electron.IpcMainInvokeEvent, ...args: unknown[]) => unknown;
export const invokeHandlers = new Map<string, InvokeHandler>();
export const ipcMain = {
  handle: (channel, handler) => void invokeHandlers.set(channel, handler),
} satisfies Pick<Electron.IpcMain, 'handle'>;

const answerDialog = (kind: string, options: unknown): unknown => {
  record.dialogs.push({ kind, options });
  return record.dialogAnswers.shift();
};
/** With or without a window before the options, as Electron takes them. */
const showDialog =
  (kind: string) =>
  async (...args: unknown[]): Promise<never> =>
    answerDialog(kind, args.at(-1)) as never;
export const dialog = {
  showOpenDialog: showDialog('open'),
  showSaveDialog: showDialog('save'),
  showMessageBox: showDialog('message'),
} satisfies Pick<Electron.Dialog, 'showOpenDialog' | 'showSaveDialog' | 'showMessageBox'>;

export const shell = {
  showItemInFolder: (file) => void record.opened.push(file),
  openExternal: async (url) => void record.opened.push(url),
} satisfies Pick<Electron.Shell, 'showItemInFolder' | 'openExternal'>;

const display = { id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1040 } } as Electron.Display;
export const screen = {
  getPrimaryDisplay: () => display,
  getAllDisplays: () => [display],
} satisfies Pick<Electron.Screen, 'getPrimaryDisplay' | 'getAllDisplays'>;

export const Menu = {
  buildFromTemplate: (template: Electron.MenuItemConstructorOptions[]) => template,
  setApplicationMenu: (menu: Electron.MenuItemConstructorOptions[]) => void (record.menu = menu),
};

export class MessageChannelMain {
  readonly port1: StandInPort;
  readonly port2: StandInPort;

  constructor() {
    ({ port1: this.port1, port2: this.port2 } = hub.createChannel());
  }
}

export const utilityProcess = {
  fork(file, args, options) {
    refuseUnless(ready, 'utilityProcess.fork');
    return forkUtility(file, args, options);
  },
} satisfies Pick<typeof Electron.utilityProcess, 'fork'>;

export interface StandInFrame {
  url: string;
}

export class StandInContents extends EventEmitter {
  readonly mainFrame: StandInFrame = { url: '' };
  windowOpenHandler: ((details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse) | null = null;

  setWindowOpenHandler(handler: (details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse) {
    this.windowOpenHandler = handler;
  }

  reload(): void {
    record.order.push('reload');
    this.emit('did-start-navigation', { url: this.mainFrame.url, isMainFrame: true, isSameDocument: false });
  }

  send(channel: string, data: unknown): void {
    page.send({ kind: 'message', channel, data, ports: [] });
  }

  postMessage(channel: string, data: unknown, transfer: StandInPort[] = []): void {
    const { ids, flush } = hub.transfer(transfer, page);
    page.send({ kind: 'message', channel, data, ports: ids });
    flush();
  }
}

export class StandInWindow extends EventEmitter {
  readonly webContents = new StandInContents();
  readonly options: Electron.BrowserWindowConstructorOptions;
  isShown = false;
  private bounds: Electron.Rectangle;

  constructor(options: Electron.BrowserWindowConstructorOptions) {
    super();
    refuseUnless(ready, 'new BrowserWindow');
    record.order.push('BrowserWindow');
    const { x = 0, y = 0, width = 800, height = 600 } = options;
    this.options = options;
    this.bounds = { x, y, width, height };
    record.windows.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }

  static getAllWindows(): StandInWindow[] {
    return record.windows;
  }

  async loadURL(url: string): Promise<void> {
    this.webContents.emit('did-start-navigation', { url, isMainFrame: true, isSameDocument: false });
    this.webContents.mainFrame.url = url;
    await pageHandlers.get(new URL(url).protocol.slice(0, -1))?.(new Request(url));
    this.emit('ready-to-show');
  }

  show(): void {
    this.isShown = true;
  }
  hide(): void {
    this.isShown = false;
  }
  focus(): void {
    record.order.push('focus');
  }
  maximize(): void {
    record.order.push('maximize');
  }
  restore(): void {
    record.order.push('restore');
  }
  isMinimized(): boolean {
    return false;
  }
  isMaximized(): boolean {
    return false;
  }
  getNormalBounds(): Electron.Rectangle {
    return this.bounds;
  }

  close(): void {
    const event = preventable();
    this.emit('close', event);
    if (event.defaultPrevented) return;
    record.windows.splice(record.windows.indexOf(this), 1);
    this.emit('closed');
    if (record.windows.length === 0) app.emit('window-all-closed');
  }
}
export { StandInWindow as BrowserWindow };
