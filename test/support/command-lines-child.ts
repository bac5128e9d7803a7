// A child of tests: runs command lines, its arguments as JSON each, one after another in this process, each with an
// engine of its own, and ends with the status of the first that fails.
import { openEngine } from '../../src/cli/engine.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { defaultSettingsFolder } from '../../src/host/settings-folder.ts';
import { currentUserName } from '../../src/host/user-name.ts';

const userName = currentUserName();
const version = '0.0.0';
let status = 0;
for (const argument of process.argv.slice(2)) {
  status = await runCli(JSON.parse(argument) as string[], {
    terminal: {
      out: (words) => void process.stdout.write(words),
      err: (words) => void process.stderr.write(words),
      ...{ errIsTerminal: false, errColumns: 80, now: () => performance.now() },
    },
    cwd: process.cwd(),
    signal: new AbortController().signal,
    ...{ version, userName },
    openEngine: (program) =>
      Promise.resolve(
        openEngine({
          ...{ program, version, userName },
          ...{ host: 'command line', settingsFolder: defaultSettingsFolder() },
        }),
      ),
    readStdin: () => Promise.resolve(''),
    openInBrowser: () => undefined,
  });
  if (status !== 0) {
    process.stderr.write(`readroom ${argument}\n`);
    break;
  }
}
process.exit(status);
