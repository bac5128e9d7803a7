import { resolve } from 'node:path';

import { Command, CommanderError } from 'commander';

import { ReadroomError } from '../contract/errors.ts';
import { commands, type ListedCommand } from './commands/index.ts';
import type { CliCommand, CommandContext, Outcome } from './command.ts';
import { faultDetail, meanwhile } from './fault.ts';
import type { CliHost, OpenEngine } from './host.ts';
import { createProgress } from './progress.ts';

/** Exit statuses of the command line's promise. */
const exitStatus = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/**
 * Runs one command line and returns its exit status. Under `--json` exactly one JSON document is
 * printed, whatever happens.
 */
export async function runCli(argv: string[], host: CliHost): Promise<number> {
  const args = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv;
  const json = args.includes('--json');
  const printer = createPrinter(host, json);
  let engine: Promise<OpenEngine> | null = null;
  let status: number = exitStatus.done;

  const named = args.find((arg) => !arg.startsWith('-'));
  const openEngine = (): Promise<OpenEngine> =>
    (engine ??= host.openEngine(`readroom ${named ?? ''}`.trim()));
  const context: CommandContext = {
    host,
    json,
    signal: host.signal,
    engine: openEngine,
    client: async () => (await openEngine()).client,
    progress: createProgress(host.terminal),
    resolve: (path) => resolve(host.cwd, path),
    print: (outcome) => printer.print(outcome),
  };
  try {
    const program = await createProgram(args, context, printer, (outcome) => {
      status = outcome?.exitCode ?? exitStatus.done;
      if (outcome !== null) printer.print(outcome);
    });
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    context.progress.end();
    if (error instanceof CommanderError && error.exitCode === 0) {
      printer.printHelp(error.code === 'commander.version' ? 'version' : 'help');
      return exitStatus.done;
    }
    const failure = asFailure(error, named, host.signal);
    printer.printError(failure);
    status = statusOf(failure);
  } finally {
    const opened = engine as Promise<OpenEngine> | null;
    await opened?.then(
      (started) => started.close(),
      () => undefined,
    );
  }
  return status;
}

async function createProgram(
  args: string[],
  context: CommandContext,
  printer: Printer,
  finish: (outcome: Outcome | null) => void,
): Promise<Command> {
  const program = new Command('readroom')
    .description(
      'From a folder of medical images to a labelled dataset, a judged network and a model that others can check.',
    )
    .version(context.host.version, '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: printer.helpOut, writeErr: () => undefined })
    .configureHelp({ showGlobalOptions: false })
    .addHelpText(
      'after',
      '\nOne command: readroom COMMAND --help\nExample: readroom sample films --template pneumonia',
    );
  program.option('--json', 'print one JSON document');

  const named = args.find((arg) => !arg.startsWith('-'));
  for (const listed of commands) {
    const command = program
      .command(listed.name)
      .summary(listed.summary)
      .description(sentence(listed.summary));
    if (listed.name === named) await configure(command, listed, context, finish);
  }
  program.action(() => {
    if (named === undefined)
      throw new CommanderError(exitStatus.usage, 'readroom.noCommand', 'No command was given.');
    throw new CommanderError(exitStatus.usage, 'commander.unknownCommand', `There is no command "${named}".`);
  });
  program.allowExcessArguments();
  return program;
}

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;

async function configure(
  command: Command,
  listed: ListedCommand,
  context: CommandContext,
  finish: (outcome: Outcome | null) => void,
): Promise<void> {
  const { default: definition }: { default: CliCommand } = await listed.load();
  definition.configure(command);
  command.option('--json', 'print one JSON document');
  const label = definition.examples.length === 1 ? 'Example' : 'Examples';
  const lines = definition.examples.map((example) =>
    example.includes('readroom ') ? example : `readroom ${example}`,
  );
  command.addHelpText('after', `\n${label}:\n${lines.map((line) => `  ${line}`).join('\n')}`);
  command.action(async () => {
    const { json: _json, ...options } = command.opts();
    finish(await definition.run(context, command.processedArgs, options));
  });
}

interface Printer {
  print(outcome: Outcome): void;
  printError(error: ReadroomError): void;
  printHelp(kind: 'help' | 'version'): void;
  helpOut(text: string): void;
}

function createPrinter({ terminal }: CliHost, json: boolean): Printer {
  let help = '';
  const document = (value: Record<string, unknown>): void =>
    terminal.out(`${JSON.stringify(value, null, 2)}\n`);
  let printed = false;
  return {
    print(outcome) {
      printed = true;
      if (json) document(outcome.document);
      else terminal.out(`${outcome.text}\n`);
    },
    printError({ code, message, hint }) {
      // A second document would break whoever reads the first.
      if (json && !printed) document({ error: { code, message, hint } });
      terminal.err(`${message}${hint === '' ? '' : `\n${hint}`}\n`);
    },
    printHelp(kind) {
      if (json) document({ [kind]: help.trim() });
      else terminal.out(help);
    },
    helpOut: (text) => void (help += text),
  };
}

function asFailure(error: unknown, command: string | undefined, signal: AbortSignal): ReadroomError {
  if (error instanceof CommanderError) {
    const help = commands.some(({ name }) => name === command)
      ? `readroom ${command} --help`
      : 'readroom --help';
    return new ReadroomError(
      'usage',
      sentence(error.message.replace(/^error: /, '').replace(/\.$/, '')),
      `See: ${help}`,
    );
  }
  const isOurs = error instanceof ReadroomError;
  // What breaks while everything is being ended broke because of that, or is a fault: then it is told.
  if (signal.aborted && (!isOurs || ['cancelled', 'workerDied', 'internal'].includes(error.code))) {
    return new ReadroomError(
      'interrupted',
      `Interrupted.${meanwhile(error)}`,
      'What was done so far stays; the same command goes on.',
    );
  }
  if (isOurs) return error;
  return new ReadroomError(
    'internal',
    `Something failed inside Readroom: ${faultDetail(error) ?? String(error)}`,
    'Please report it with what you did.',
  );
}

function statusOf({ code }: ReadroomError): number {
  if (code === 'usage') return exitStatus.usage;
  return code === 'interrupted' ? exitStatus.interrupted : exitStatus.failed;
}
