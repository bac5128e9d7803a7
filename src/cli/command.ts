import type { Command } from 'commander';

import type { EngineClient } from '../rpc/jobs.ts';
import type { CliHost, OpenEngine } from './host.ts';
import type { Progress } from './progress.ts';

/** What a command is given. */
export interface CommandContext {
  host: CliHost;
  json: boolean;
  signal: AbortSignal;
  /** The engine in this process, started when first asked for and closed at the end. */
  engine(): Promise<OpenEngine>;
  client(): Promise<EngineClient>;
  progress: Progress;
  /** The absolute form of a path as the caller wrote it. */
  resolve(path: string): string;
  /** Prints the outcome now: for a command that goes on afterwards. */
  print(outcome: Outcome): void;
}

/** What a command says when it is done: the same facts twice. */
export interface Outcome {
  /** The one JSON document of `--json`. */
  document: Record<string, unknown>;
  /** For people. */
  text: string;
  /** 0 unless the command did its work and found a problem. */
  exitCode?: 0 | 1 | 130;
}

/** One command: how it is called and what it does. */
export interface CliCommand {
  configure(command: Command): void;
  /** Whole lines after the program's name, shown by `--help`. */
  examples: string[];
  run(context: CommandContext, args: unknown[], options: Record<string, unknown>): Promise<Outcome | null>;
}

/** Types the arguments and options that `configure` declares. */
export function defineCommand<Args extends unknown[], Options = object>(command: {
  configure(command: Command): void;
  examples: string[];
  run(context: CommandContext, args: Args, options: Options): Promise<Outcome | null>;
}): CliCommand {
  return {
    ...command,
    run: (context, args, options) => command.run(context, args as Args, options as Options),
  };
}
