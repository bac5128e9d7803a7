import { expect, test } from 'vitest';

import { chooseHost, type Circumstances } from '../../../scripts/choose-host.ts';

const all: Circumstances = {
  forced: false,
  serverOptions: false,
  electron: { version: '45.4.1', binary: '/electron' },
  platform: 'linux',
  env: { DISPLAY: ':0' },
  isRoot: false,
};

test('a machine that has all would open in the browser', () => {
  expect(chooseHost(all).host).toBe('electron');
  expect(chooseHost({ ...all, env: { WAYLAND_DISPLAY: 'wayland-0' } }).host).toBe('electron');
  expect(chooseHost({ ...all, env: {}, platform: 'darwin' }).host).toBe('electron');
});

test.each<[string, Partial<Circumstances>, RegExp]>([
  ['a wish for the browser', { forced: true }, /--browser/],
  ['an option that only the server has', { serverOptions: true }, /options/],
  ['no display', { env: {} }, /no display/],
  ['no binary', { electron: { version: '45.4.1', binary: null } }, /npm run setup -- --electron/],
  ['no package', { electron: { version: null, binary: null } }, /not installed/],
  ['root, whom the sandbox refuses', { isRoot: true }, /root/],
])('Electron would be started in vain, or without saying why not: %s', (_name, change, why) => {
  const choice = chooseHost({ ...all, ...change });
  expect(choice.host).toBe('server');
  expect(choice.why).toMatch(why);
});
