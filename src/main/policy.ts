import type { BrowserWindowConstructorOptions, CustomScheme, Rectangle } from 'electron';

/** What the Electron host allows, as pure functions and data that tests read. */

const scheme = 'app';
const host = 'readroom';

/** The one origin whose pages Readroom shows and answers. */
export const appOrigin = `${scheme}://${host}`;

/** To be registered before the app is ready: an ordinary, secure origin, without any right to evade its policy. */
export const appScheme: CustomScheme = {
  scheme,
  privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
};

function parse(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

/** Whether an address is one of the application's own origin. */
export function isOwnUrl(address: string): boolean {
  const url = parse(address);
  return (
    url?.protocol === `${scheme}:` &&
    url.host === host &&
    url.username === '' &&
    url.password === '' &&
    url.port === ''
  );
}

/** A window stays on the screens; pictures and reports are parts of a page, never one. */
export function mayNavigate(address: string): boolean {
  return isOwnUrl(address) && !new URL(address).pathname.startsWith('/media/');
}

/** The only sites that a link of the screens may open in the user's browser. */
const externalHosts = new Set(['doi.org']);

export function mayOpenExternally(address: string): boolean {
  const url = parse(address);
  return (
    url?.protocol === 'https:' &&
    externalHosts.has(url.hostname) &&
    url.port === '' &&
    url.username === '' &&
    url.password === ''
  );
}

/** Who sent an IPC message. */
export interface Sender {
  /** Address of the frame; null when it has navigated away or is gone. */
  frameUrl: string | null;
  isMainFrame: boolean;
  /** The sender's contents belong to a window that Readroom made. */
  isOwnWindow: boolean;
}

export function isTrustedSender({ frameUrl, isMainFrame, isOwnWindow }: Sender): boolean {
  return isOwnWindow && isMainFrame && frameUrl !== null && isOwnUrl(frameUrl);
}

/** Of all that a page can ask the browser for, only copying text, and only from the screens themselves. */
export function grantsPermission(permission: string, requestingUrl: string): boolean {
  return permission === 'clipboard-sanitized-write' && isOwnUrl(requestingUrl);
}

/** Who asked for something under `app://`: absent for the window's own navigation, null for an opaque origin. */
export function mayRequest(initiatorOrigin: string | null | undefined): boolean {
  return initiatorOrigin === undefined || initiatorOrigin === appOrigin;
}

export const smallestWindow = { width: 1024, height: 640 } as const;

export function windowOptions(preload: string, bounds: Rectangle): BrowserWindowConstructorOptions {
  return {
    ...bounds,
    minWidth: smallestWindow.width,
    minHeight: smallestWindow.height,
    title: 'Readroom',
    // Shown once painted: no white flash in a dark room.
    show: false,
    backgroundColor: '#101214',
    autoHideMenuBar: false,
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      enableWebSQL: false,
    },
  };
}

/**
 * The fuses to burn into Electron's binary when it is packaged (names of @electron/fuses). Without RunAsNode
 * `child_process.fork` does not work, which is why every child is a utility process.
 */
export const fuses = {
  RunAsNode: false,
  EnableCookieEncryption: true,
  EnableNodeOptionsEnvironmentVariable: false,
  EnableNodeCliInspectArguments: false,
  EnableEmbeddedAsarIntegrityValidation: true,
  OnlyLoadAppFromAsar: true,
  GrantFileProtocolExtraPrivileges: false,
} as const;
