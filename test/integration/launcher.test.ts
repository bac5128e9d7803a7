import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test, vi } from 'vitest';

import { repositoryFolder } from '../../scripts/setup/places.mjs';

/** npm, the launcher under it and the program under that, once the server answers. */
async function startServer(): Promise<{ npm: ChildProcess; pids: number[] }> {
  const npm = spawn('npm', ['run', '--silent', 'readroom', '--', 'serve', '--json'], {
    cwd: repositoryFolder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise<void>((resolve, reject) => {
    npm.stdout.once('data', () => resolve());
    npm.once('exit', (code) => reject(new Error(`ended with ${code} before it answered`)));
  });
  const pids = [npm.pid!];
  for (const pid of pids) {
    const { stdout } = spawnSync('pgrep', ['--parent', String(pid)], { encoding: 'utf8' });
    pids.push(...stdout.split('\n').filter(Boolean).map(Number));
  }
  return { npm, pids };
}

const allGone = (pids: number[]) =>
  vi.waitFor(() => expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]), { timeout: 60_000 });

test('an interrupt that reaches npm alone would stop at the shell between npm and the program', async () => {
  const { npm, pids } = await startServer();
  npm.kill('SIGINT');
  await allGone(pids);
});

test('a program whose npm was killed outright would go on holding its project', async () => {
  const { npm, pids } = await startServer();
  npm.kill('SIGKILL');
  await allGone(pids);
});

test('a relative path would be looked for in the clone instead of where the caller stands', () => {
  const args = [
    'run',
    '--silent',
    '--prefix',
    repositoryFolder,
    'readroom',
    '--',
    'runs',
    'not-there',
    '--json',
  ];
  const { stdout, status } = spawnSync('npm', args, { cwd: tmpdir(), encoding: 'utf8' });
  expect(status).toBe(1);
  expect((JSON.parse(stdout) as { error: { message: string } }).error.message).not.toContain(
    repositoryFolder,
  );
});

test('npm start would not say where the workstation opens and why, or serve no screens', async () => {
  const args = [path.join(repositoryFolder, 'scripts/start.ts'), '--browser', '--port', '0'];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let told = '';
  server.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
  const [chunk] = (await once(server.stdout, 'data')) as [Buffer];
  const [address, token] = chunk.toString().trim().split('/?token=');
  const page = await fetch(`${address}/project/p1/images`, { headers: { authorization: `Bearer ${token}` } });
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<div id="app">');
  expect(told).toContain('Readroom opens in the browser: --browser was given.');
  server.kill('SIGTERM');
  await once(server, 'exit');
});
