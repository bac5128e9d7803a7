import type { MenuItemConstructorOptions } from 'electron';

import type { RecentFolder } from './engine-messages.ts';

export interface MenuState {
  platform: NodeJS.Platform;
  /** Not packaged: reloading and the developer's tools are there. */
  isDevelopment: boolean;
  recent: readonly RecentFolder[];
}

/** Tells the page; ids are those of its command palette. */
export type SendCommand = (command: string) => void;

/** The application's menu. Whatever concerns a project is done by the page, which knows it. */
export function menuTemplate(state: MenuState, send: SendCommand): MenuItemConstructorOptions[] {
  const item = (label: string, command: string, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    // Keys are the page's, where users may change them: here they are only shown.
    ...(accelerator !== undefined && { accelerator, registerAccelerator: false }),
    click: () => send(command),
  });
  const isMac = state.platform === 'darwin';
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const settings = item('Settings…', 'go.settings', 'Alt+9');
  const recent: MenuItemConstructorOptions[] = state.recent.map(({ name, path }) =>
    // An ampersand in a label would underline the next letter instead of showing.
    item(`${name}  (${path})`.replaceAll('&', '&&'), `project.open:${path}`),
  );
  return [
    ...(isMac ? [macMenu(settings, separator)] : []),
    {
      label: '&File',
      submenu: [
        item('New project…', 'project.new', 'CmdOrCtrl+Alt+N'),
        item('Open project…', 'project.open', 'CmdOrCtrl+O'),
        { label: 'Open recent', submenu: recent, enabled: recent.length > 0 },
        separator,
        item('Import images…', 'go.import', 'Alt+3'),
        separator,
        item('Close project', 'project.close'),
        ...(isMac ? [] : [settings, separator, { role: 'quit' } as const]),
      ],
    },
    { label: '&Edit', submenu: editMenu(isMac, item) },
    {
      label: '&View',
      submenu: [
        item('Find a command…', 'app.palette', 'CmdOrCtrl+K'),
        item('Switch between dark and light', 'app.theme', 'Alt+T'),
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        separator,
        { role: 'togglefullscreen' },
        ...(state.isDevelopment
          ? [separator, { role: 'reload' } as const, { role: 'toggleDevTools' } as const]
          : []),
      ],
    },
    {
      label: '&Help',
      role: 'help',
      submenu: [
        item('Guide', 'help.guide'),
        item('Keys of this screen', 'app.keys', '?'),
        separator,
        item('What is here and what is missing', 'go.settings'),
      ],
    },
  ];
}

function macMenu(
  settings: MenuItemConstructorOptions,
  separator: MenuItemConstructorOptions,
): MenuItemConstructorOptions {
  return {
    role: 'appMenu',
    label: 'Readroom',
    submenu: [
      { role: 'about' },
      separator,
      settings,
      separator,
      { role: 'services' },
      separator,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      separator,
      { role: 'quit' },
    ],
  };
}

/** Undo is the page's: of labels where one looks at pictures, of text where one writes. */
function editMenu(
  isMac: boolean,
  item: (label: string, command: string, accelerator: string) => MenuItemConstructorOptions,
): MenuItemConstructorOptions[] {
  const undo: MenuItemConstructorOptions[] = isMac
    ? // There the keys of text fields work through the menu only.
      [{ role: 'undo' }, { role: 'redo' }]
    : [item('Undo', 'app.undo', 'CmdOrCtrl+Z'), item('Redo', 'app.redo', 'CmdOrCtrl+Shift+Z')];
  return [
    ...undo,
    { type: 'separator' },
    { role: 'cut' },
    { role: 'copy' },
    { role: 'paste' },
    { role: 'selectAll' },
  ];
}
