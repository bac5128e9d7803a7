import path from 'node:path';

import { dialog, ipcMain, shell, type BrowserWindow, type IpcMainInvokeEvent } from 'electron';
import { z } from 'zod';

import { ReadroomError } from '../contract/errors.ts';
import { hostChannels, type HostAnswer } from '../contract/host-channels.ts';
import type { HostCallName, HostCalls } from '../contract/host.ts';
import type { EngineProcess } from './engine-process.ts';
import { isTrustedSender, mayOpenExternally } from './policy.ts';

const title = z.string().max(200);
const absolutePath = z
  .string()
  .max(4096)
  .refine((value) => path.isAbsolute(value) && !value.includes('\0'), 'is no absolute path');
const filters = z
  .array(z.object({ name: title, extensions: z.array(z.string().regex(/^([0-9a-z]{1,10}|\*)$/i)).max(40) }))
  .max(20);
const nothing = z.null();

const inputs: { [N in HostCallName]: z.ZodType<HostCalls[N]['input']> } = {
  connect: nothing,
  pickFolder: z.strictObject({ title, defaultPath: absolutePath.optional() }),
  pickFiles: z.strictObject({ title, filters: filters.optional(), folders: z.boolean().optional() }),
  pickSavePath: z.strictObject({
    title,
    defaultPath: z.string().max(4096).optional(),
    filters: filters.optional(),
  }),
  showInFolder: z.strictObject({ path: absolutePath }),
  openExternal: z.strictObject({ url: z.string().max(2000) }),
  tellUnsaved: z.strictObject({ unsaved: z.boolean() }),
  engineState: nothing,
  restartEngine: nothing,
};

type Answers = { [N in HostCallName]: (input: HostCalls[N]['input']) => Promise<HostCalls[N]['output']> };

/** What main does when a page asks for it. */
interface Page {
  sendPort(): void;
  tellUnsaved(unsaved: boolean): void;
}

function answersFor(window: BrowserWindow, engine: EngineProcess, page: Page): Answers {
  return {
    connect: async () => {
      page.sendPort();
      return null;
    },
    async pickFolder({ title: heading, defaultPath }) {
      const { filePaths } = await dialog.showOpenDialog(window, {
        title: heading,
        ...(defaultPath !== undefined && { defaultPath }),
        properties: ['openDirectory', 'createDirectory'],
      });
      return filePaths[0] ?? null;
    },
    async pickFiles({ title: heading, filters: wished = [], folders = false }) {
      const { canceled, filePaths } = await dialog.showOpenDialog(window, {
        title: heading,
        filters: wished,
        // Linux and Windows show either files or folders, whatever is asked for.
        properties: ['multiSelections', folders ? 'openDirectory' : 'openFile'],
      });
      return canceled ? null : filePaths;
    },
    async pickSavePath({ title: heading, defaultPath, filters: wished = [] }) {
      const { canceled, filePath } = await dialog.showSaveDialog(window, {
        title: heading,
        ...(defaultPath !== undefined && { defaultPath }),
        filters: wished,
        properties: ['createDirectory', 'showOverwriteConfirmation'],
      });
      return canceled || filePath === '' ? null : filePath;
    },
    async showInFolder({ path: shown }) {
      shell.showItemInFolder(path.normalize(shown));
      return null;
    },
    async openExternal({ url }) {
      if (!mayOpenExternally(url)) {
        throw new ReadroomError(
          'permissionDenied',
          `The address ${url} is not one that Readroom opens.`,
          'Copy it into your browser if you trust it.',
        );
      }
      await shell.openExternal(url);
      return null;
    },
    async tellUnsaved({ unsaved }) {
      page.tellUnsaved(unsaved);
      return null;
    },
    engineState: async () => engine.state,
    restartEngine: async () => {
      engine.start();
      return null;
    },
  };
}

/** What stands in the way of a call, or its checked name and input. */
function check(
  event: IpcMainInvokeEvent,
  window: BrowserWindow | null,
  name: unknown,
  input: unknown,
): { name: HostCallName; input: unknown } {
  const frame = event.senderFrame;
  const isTrusted = isTrustedSender({
    frameUrl: frame?.url ?? null,
    isMainFrame: frame !== null && frame === event.sender.mainFrame,
    isOwnWindow: window !== null && event.sender === window.webContents,
  });
  if (!isTrusted) throw new ReadroomError('permissionDenied', 'This page may not talk to Readroom.');
  if (typeof name !== 'string' || !Object.hasOwn(inputs, name))
    throw new ReadroomError('usage', 'The host has no such call.');
  const known = name as HostCallName;
  const parsed = inputs[known].safeParse(input);
  if (parsed.success) return { name: known, input: parsed.data };
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new ReadroomError('usage', `${known}: ${where === '' ? '' : `${where}: `}${issue?.message ?? ''}`);
}

/** Answers the page's calls: a closed list, from the window's own main frame only, every input checked. */
export function answerHostCalls(window: () => BrowserWindow | null, engine: EngineProcess, page: Page): void {
  ipcMain.handle(
    hostChannels.call,
    async (event, askedName: unknown, askedInput: unknown): Promise<HostAnswer> => {
      try {
        const open = window();
        const { name, input } = check(event, open, askedName, askedInput);
        const answer = answersFor(open!, engine, page)[name] as (input: unknown) => Promise<unknown>;
        return { ok: true, value: await answer(input) };
      } catch (error) {
        const known = error instanceof ReadroomError ? error : null;
        const message = known?.message ?? (error instanceof Error ? error.message : String(error));
        return { ok: false, error: { code: known?.code ?? 'internal', message, hint: known?.hint ?? '' } };
      }
    },
  );
}
