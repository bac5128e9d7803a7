import { readFile } from 'node:fs/promises';

import { ReadroomError } from '../../contract/errors.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { parseWhole } from '../parse.ts';
import { openProject } from '../work.ts';

interface Options {
  port?: number;
  open?: true;
  allowRemote?: true;
  cert?: string;
  key?: string;
}

/** The same each time, so that a bookmark and an SSH tunnel keep working; another one when it is taken. */
const usualPort = 4750;

export default defineCommand<[string | undefined], Options>({
  configure: (command) =>
    void command
      .argument('[project]', 'project folder to open')
      .option('--port <n>', `port; without, ${usualPort} or a free one`, parseWhole)
      .option('--open', 'open it in the browser of this machine')
      .option('--allow-remote', 'let other machines connect; needs --cert and --key')
      .option('--cert <file>', 'certificate, PEM')
      .option('--key <file>', 'its key, PEM'),
  examples: ['serve chest', 'serve chest --port 8443 --allow-remote --cert cert.pem --key key.pem'],
  async run(context, [path], options) {
    const remote = await remoteOptions(options, context);
    if (options.port !== undefined && options.port > 65_535) {
      throw new ReadroomError('usage', `${options.port} is no port.`, 'Give one from 1024 to 65535.');
    }
    const opened = path === undefined ? null : await openProject(context, path, 'write');
    const { createServer } = await import('../../server/create-server.ts');
    const { router, media, profiles } = await context.engine();
    const start = (port: number) =>
      createServer({ router, media, profiles, port, ...(remote && { remote }) });
    const server = await start(options.port ?? usualPort).catch((error: unknown) => {
      const isTaken = error instanceof ReadroomError && error.code === 'portInUse';
      if (isTaken && options.port === undefined) return start(0);
      throw error;
    });
    context.print({ document: { url: server.url }, text: server.url });
    context.progress.line('Readroom is running. Ctrl-C ends it.');
    if (options.open) context.host.openInBrowser(startAddress(server.url, opened?.project.project ?? null));
    await aborted(context.signal);
    await server.close();
    return null;
  },
});

/** Where the browser begins: at the project that was named. */
function startAddress(address: string, project: string | null): string {
  const url = new URL(address);
  if (project !== null) url.pathname = `/project/${project}/images`;
  return url.href;
}

async function remoteOptions(
  { allowRemote, cert, key }: Options,
  context: CommandContext,
): Promise<{ cert: string; key: string } | null> {
  if (!allowRemote) {
    if (cert === undefined && key === undefined) return null;
    throw new ReadroomError(
      'usage',
      '--cert and --key are for --allow-remote.',
      'Add --allow-remote, or leave them out.',
    );
  }
  if (cert === undefined || key === undefined) {
    throw new ReadroomError(
      'usage',
      'Without encryption other machines may not connect: --allow-remote needs --cert and --key.',
      'Give both as PEM files, or reach this machine through an SSH tunnel.',
    );
  }
  const read = (file: string): Promise<string> =>
    readFile(context.resolve(file), 'utf8').catch(() => {
      throw new ReadroomError('fileNotFound', `The file ${file} cannot be read.`, 'Give a PEM file.');
    });
  return { cert: await read(cert), key: await read(key) };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
