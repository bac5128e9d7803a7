import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Where the user's settings and recent projects stand, by the custom of the system. */
export function defaultSettingsFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const named = env['XDG_CONFIG_HOME'];
  if (named !== undefined && isAbsolute(named)) return join(named, 'readroom');
  const home = env['HOME'] || homedir();
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'readroom');
  if (platform === 'win32') return join(env['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'readroom');
  return join(home, '.config', 'readroom');
}
