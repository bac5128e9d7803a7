/** Names of the messages between Electron's main process and its preload. */
export const hostChannels = {
  /** Page to main, answered: `HostCalls`. */
  call: 'readroom:call',
  /** Main to page, with one end of a connection to the engine. */
  port: 'readroom:port',
  /** Main to page: a command of the menu. */
  command: 'readroom:command',
  /** Main to page: `EngineState`. */
  engineState: 'readroom:engine-state',
} as const;

/** What main answers to a call: errors keep their code and hint. */
export type HostAnswer =
  { ok: true; value: unknown } | { ok: false; error: { code: string; message: string; hint: string } };
