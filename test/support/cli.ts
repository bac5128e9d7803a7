import type { Contract } from '../../src/contract/index.ts';
import type { HostRouter } from '../../src/rpc/channel.ts';
import { connect } from '../../src/rpc/in-process.ts';
import { runCli } from '../../src/cli/run-cli.ts';

export interface CliRun {
  status: number;
  out: string;
  err: string;
  /** The engine was started, and closed again. */
  engine: { started: number; closed: number };
}

export interface CliSetting {
  router: HostRouter<Contract>;
  cwd?: string;
  signal?: AbortSignal;
  stdin?: string;
  errIsTerminal?: boolean;
  /** Called with everything printed so far, each time something is. */
  onOutput?: (out: string, err: string) => void;
}

/** Runs one command line against an engine in the test's process. */
export async function runInProcess(argv: string[], setting: CliSetting): Promise<CliRun> {
  const run: CliRun = { status: -1, out: '', err: '', engine: { started: 0, closed: 0 } };
  let clockMs = 0;
  run.status = await runCli(argv, {
    terminal: {
      out: (text) => {
        run.out += text;
        setting.onOutput?.(run.out, run.err);
      },
      err: (text) => {
        run.err += text;
        setting.onOutput?.(run.out, run.err);
      },
      errIsTerminal: setting.errIsTerminal ?? false,
      errColumns: 100,
      now: () => (clockMs += 100),
    },
    cwd: setting.cwd ?? '/pictures',
    signal: setting.signal ?? new AbortController().signal,
    version: '9.9.9',
    userName: 'weber',
    openEngine: () => {
      run.engine.started += 1;
      return Promise.resolve({
        client: connect<Contract>(setting.router, { onBug: () => undefined }),
        router: setting.router,
        media: () => Promise.resolve(new Response()),
        profiles: { verify: () => Promise.resolve(null), credentialOf: () => Promise.resolve(null) },
        close: () => {
          run.engine.closed += 1;
          return Promise.resolve();
        },
      });
    },
    readStdin: () => Promise.resolve(setting.stdin ?? ''),
    openInBrowser: () => undefined,
  });
  return run;
}
