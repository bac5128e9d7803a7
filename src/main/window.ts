import { BrowserWindow, screen, type Rectangle } from 'electron';

import { appOrigin, mayNavigate, windowOptions } from './policy.ts';
import { fitBounds, readBounds, rememberBounds } from './window-bounds.ts';

/** Makes the window and loads the screens into it. It cannot leave them or open others. */
export function openWindow(preload: string, boundsFile: string): BrowserWindow {
  const first = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter(({ id }) => id !== first.id);
  const areas: [Rectangle, ...Rectangle[]] = [first.workArea, ...others.map(({ workArea }) => workArea)];
  const { isMaximized, ...bounds } = fitBounds(readBounds(boundsFile), areas);
  const window = new BrowserWindow(windowOptions(preload, bounds));
  const { webContents } = window;
  webContents.on('will-navigate', (details) => {
    if (!mayNavigate(details.url)) details.preventDefault();
  });
  webContents.on('will-frame-navigate', (details) => {
    if (!details.isMainFrame && !mayShowInFrame(details.url)) details.preventDefault();
  });
  webContents.on('will-redirect', (details) => details.preventDefault());
  webContents.on('will-attach-webview', (event) => event.preventDefault());
  webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  window.once('ready-to-show', () => {
    if (isMaximized) window.maximize();
    window.show();
  });
  window.on('close', () => {
    const { x, y, width, height } = window.getNormalBounds();
    void rememberBounds(boundsFile, { x, y, width, height, isMaximized: window.isMaximized() });
  });
  void window.loadURL(`${appOrigin}/`);
  return window;
}

/** Reports are shown in a frame of the page. */
function mayShowInFrame(address: string): boolean {
  return address === 'about:blank' || address === 'about:srcdoc' || address.startsWith(`${appOrigin}/media/`);
}
