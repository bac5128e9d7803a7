// Boots the built main bundle under plain Node: `electron` leads to the stand-in, and the test drives it.
import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import {
  app,
  invokeHandlers,
  pageHandlers,
  permissions,
  preventable,
  record,
  registeredSchemes,
} from './electron.ts';
import { startedUtilities } from './processes.ts';

const standIn = pathToFileURL(path.join(import.meta.dirname, 'electron.ts')).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' ? { url: standIn, shortCircuit: true } : next(specifier, context),
});

const contents = () => record.windows[0]!.webContents;

/** A frame that is not the window's own page. */
const foreignFrames = {
  own: () => ({ frame: contents().mainFrame, sender: contents() }),
  subframe: () => ({ frame: { url: 'app://readroom/' }, sender: contents() }),
  foreignPage: () => ({ frame: { url: 'https://example.org/' }, sender: contents() }),
  foreignWindow: () => {
    const frame = { url: 'app://readroom/' };
    return { frame, sender: { mainFrame: frame } };
  },
};
export type SenderKind = keyof typeof foreignFrames;

/** What the test may ask of this process. */
const controls = {
  read: () => ({
    order: record.order,
    schemes: registeredSchemes,
    windows: record.windows.map(({ options, isShown, webContents }) => ({
      options,
      isShown,
      url: webContents.mainFrame.url,
    })),
    dialogs: record.dialogs,
    opened: record.opened,
    recentDocuments: record.recentDocuments,
    utilities: startedUtilities,
    menu: menuLabels(record.menu ?? []),
  }),
  answerDialogs: (...answers: unknown[]) => void record.dialogAnswers.push(...answers),
  invoke: (from: SenderKind, channel: string, args: unknown[]) => {
    const { frame, sender } = foreignFrames[from]();
    const event = { senderFrame: frame, sender } as never;
    return invokeHandlers.get(channel)?.(event, ...args);
  },
  async fetch(url: string, options: RequestInit & { initiatorOrigin?: string } = {}) {
    const request = Object.assign(new Request(url, options), { initiatorOrigin: options.initiatorOrigin });
    const response = await pageHandlers.get('app')!(request);
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: new Uint8Array(await response.arrayBuffer()),
    };
  },
  /** Whether the page was kept from it. */
  navigate(url: string) {
    const event = preventable({ url, isMainFrame: true });
    contents().emit('will-navigate', event);
    return event.defaultPrevented;
  },
  attachWebview() {
    const event = preventable();
    contents().emit('will-attach-webview', event);
    return event.defaultPrevented;
  },
  openWindow: (url: string) => contents().windowOpenHandler?.({ url } as never).action,
  permission: (permission: string, requestingUrl: string) => ({
    checked: permissions.check?.(null, permission as never, requestingUrl, {} as never),
    requested: new Promise((resolve) =>
      permissions.request?.({} as never, permission as never, resolve, { requestingUrl } as never),
    ),
  }),
  clickMenu(...labels: string[]) {
    let items = record.menu ?? [];
    for (const [depth, label] of labels.entries()) {
      const item = items.find((entry) => entry.label === label);
      if (depth === labels.length - 1) item?.click?.({} as never, undefined, {});
      else items = (item?.submenu ?? []) as typeof items;
    }
  },
  secondInstance: (data: unknown) => void app.emit('second-instance', {}, [], '/', data),
  crashPage: () => void contents().emit('render-process-gone', {}, { reason: 'crashed', exitCode: 139 }),
  closeWindow: () => record.windows[0]?.close(),
  quit: () => app.quit(),
};
export type Controls = typeof controls;

interface MenuLabel {
  label: string;
  submenu: MenuLabel[];
}
function menuLabels(items: Electron.MenuItemConstructorOptions[]): MenuLabel[] {
  return items.map(({ label, role, submenu }) => ({
    label: label ?? role ?? '',
    submenu: Array.isArray(submenu) ? menuLabels(submenu) : [],
  }));
}

process.on('message', (message: { kind: string; id: number; name: keyof Controls; args: unknown[] }) => {
  if (message.kind !== 'control') return;
  const { id, name, args } = message;
  const call = controls[name] as (...args: unknown[]) => unknown;
  void Promise.resolve()
    .then(async () => {
      const value = await call(...args);
      return name === 'permission' ? resolveAll(value as Record<string, unknown>) : value;
    })
    .then(
      (value) => ({ kind: 'controlled', id, value }),
      (error: unknown) => ({ kind: 'controlled', id, failed: String(error) }),
    )
    .then((answer) => process.send?.(answer));
});

async function resolveAll(values: Record<string, unknown>): Promise<Record<string, unknown>> {
  const entries = Object.entries(values).map(async ([key, value]) => [key, await value] as const);
  return Object.fromEntries(await Promise.all(entries));
}

// As `electron FILE` shows it to the file.
process.argv[1] = process.env['STAND_IN_MAIN']!;
await import(pathToFileURL(process.argv[1]).href);
process.send?.({ kind: 'booted' });
