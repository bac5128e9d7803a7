import type { ElectronPlace } from '../src/engine/system/find-electron.ts';

export interface Circumstances {
  /** `--browser` was given. */
  forced: boolean;
  /** Options were given that only the server has. */
  serverOptions: boolean;
  electron: ElectronPlace;
  platform: NodeJS.Platform;
  env: NodeJS.ProcessEnv;
  isRoot: boolean;
}

export interface HostChoice {
  host: 'electron' | 'server';
  /** Half a sentence for the one line at the start. */
  why: string;
}

/** Whether windows can be shown: macOS and Windows always have a screen. */
export function hasDisplay(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): boolean {
  if (platform === 'darwin' || platform === 'win32') return true;
  return Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
}

/** Which host shows the workstation, and why. */
export function chooseHost(now: Circumstances): HostChoice {
  const server = (why: string): HostChoice => ({ host: 'server', why });
  if (now.forced) return server('--browser was given');
  if (now.serverOptions) return server('options of the server were given');
  if (!hasDisplay(now.platform, now.env)) return server('there is no display here');
  const { version, binary } = now.electron;
  if (version === null) return server('Electron is not installed');
  if (binary === null)
    return server("Electron's binary is not here; npm run setup -- --electron tries to fetch it");
  if (now.platform === 'linux' && now.isRoot) return server("Electron's sandbox does not run as root");
  return { host: 'electron', why: `Electron ${version} and a display are here` };
}
