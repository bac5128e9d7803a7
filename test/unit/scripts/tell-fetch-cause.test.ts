import { createServer } from 'node:net';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { repositoryFolder } from '../../../scripts/setup/places.mjs';
import { fetchPreload } from '../../../scripts/setup/electron.ts';
import { runWatched } from '../../../scripts/setup/watched.ts';

/** An installer that prints the stack of what went wrong, as Electron's does. */
const installer = (address: string): string[] => [
  ...['--import', fetchPreload, '--input-type=module', '--eval'],
  `await fetch('${address}').catch((error) => { console.error(error.stack); process.exit(1); })`,
];
const reasonFor = async (address: string): Promise<string> => {
  const { ok, reason } = await runWatched({
    command: process.execPath,
    args: installer(address),
    watchFolders: [join(repositoryFolder, 'scripts/setup')],
    idleMs: 20_000,
  });
  expect(ok).toBe(false);
  return reason;
};

test('a download that fails says which host and why, not "fetch failed"', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  expect(await reasonFor(`http://127.0.0.1:${port}/electron.zip`)).toBe(
    `Error: 127.0.0.1:${port} cannot be reached: it refuses the connection (ECONNREFUSED)`,
  );
  expect(await reasonFor('http://no-such-host.invalid/electron.zip')).toMatch(
    /^Error: no-such-host\.invalid cannot be reached: its name is not found.*\((ENOTFOUND|EAI_AGAIN)\)$/,
  );
});
