import type { Contract } from '../contract/index.ts';
import type { HostRouter } from '../rpc/channel.ts';
import type { EngineClient } from '../rpc/jobs.ts';
import type { MediaHandler } from '../server/media.ts';
import type { ProfileKeeper } from '../server/sessions.ts';

/** The engine as a command sees it: the contract's client, and what `serve` mounts. */
export interface OpenEngine {
  client: EngineClient;
  router: HostRouter<Contract>;
  media: MediaHandler;
  profiles: ProfileKeeper;
  close(): Promise<void>;
}

/** Where a command's words go. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  errIsTerminal: boolean;
  errColumns: number;
  /** Milliseconds, for rates and time left only. */
  now(): number;
}

/** Everything that the command line takes from its process; tests give their own. */
export interface CliHost {
  terminal: Terminal;
  /** Relative paths start here. */
  cwd: string;
  /** Aborts at the first Ctrl-C. */
  signal: AbortSignal;
  version: string;
  /** Who labels when no reader is named. */
  userName: string;
  openEngine(program: string): Promise<OpenEngine>;
  readStdin(): Promise<string>;
  openInBrowser(url: string): void;
}
