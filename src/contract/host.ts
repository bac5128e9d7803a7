/**
 * What Electron's preload gives the page as `window.readroom`; a browser has none of it, and the page asks the
 * engine instead. The engine's MessagePort comes as a window message `{ readroom: 'port' }` with the port, anew
 * each time the engine was started.
 */
export interface HostBridge {
  readonly host: 'electron';
  /** Path of a file or folder that was dropped or picked; empty where it has none. */
  pathOf(file: object): string;
  call<N extends HostCallName>(name: N, input: HostCalls[N]['input']): Promise<HostCalls[N]['output']>;
  /**
   * A command's id from the menu, or `project.open:` and a project's folder. Those that came before the first
   * listener are handed to it at once. Returns what ends the listening.
   */
  onCommand(listener: (command: string) => void): () => void;
  /** Whenever the engine's process starts or ends. Returns what ends the listening. */
  onEngineState(listener: (state: EngineState) => void): () => void;
}

/** The engine's process as its host sees it. */
export interface EngineState {
  /** `stopped`: it ended too often in a short time, or could not start; `restartEngine` tries again. */
  status: 'starting' | 'running' | 'stopped';
  /** Why it ended the last time; empty when it never did. */
  reason: string;
}

export interface FileFilter {
  name: string;
  extensions: string[];
}

/** The closed list of what a page may ask of the Electron host. Null: the user chose nothing. */
export interface HostCalls {
  /** Asks for the engine's port, which then comes as a window message. */
  connect: { input: null; output: null };
  pickFolder: { input: { title: string; defaultPath?: string }; output: string | null };
  pickFiles: { input: { title: string; filters?: FileFilter[]; folders?: boolean }; output: string[] | null };
  pickSavePath: {
    input: { title: string; defaultPath?: string; filters?: FileFilter[] };
    output: string | null;
  };
  showInFolder: { input: { path: string }; output: null };
  openExternal: { input: { url: string }; output: null };
  /** Whether something on the page is not saved yet: quitting asks about it. */
  tellUnsaved: { input: { unsaved: boolean }; output: null };
  engineState: { input: null; output: EngineState };
  restartEngine: { input: null; output: null };
}
export type HostCallName = keyof HostCalls;
