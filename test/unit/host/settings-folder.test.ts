import { expect, it } from 'vitest';

import { defaultSettingsFolder } from '../../../src/host/settings-folder.ts';

it.each([
  ['linux', {}, '/home/weber/.config/readroom'],
  ['linux', { XDG_CONFIG_HOME: '/elsewhere' }, '/elsewhere/readroom'],
  ['linux', { XDG_CONFIG_HOME: 'relative' }, '/home/weber/.config/readroom'],
  ['darwin', {}, '/home/weber/Library/Application Support/readroom'],
] as const)('keeps settings where %s keeps them (%j)', (platform, env, expected) => {
  expect(defaultSettingsFolder({ HOME: '/home/weber', ...env }, platform)).toBe(expected);
});
