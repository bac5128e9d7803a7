// The steps of set-up that run under Node 24, after the packages are in place (launch.mjs).
import { parseArgs } from 'node:util';

import { setUpBrowser } from './browser.ts';
import { setUpElectron } from './electron.ts';
import { repositoryFolder, say } from './places.mjs';
import { removeTensorflow, setUpTensorflow } from './tensorflow.ts';

const help = `npm run setup                 all steps; nothing that is in place is done again
npm run setup -- --gpu        TensorFlow with CUDA (about 3.4 GB), for every clone of this user
npm run setup -- --cpu        back to TensorFlow for the processor
npm run setup -- --electron   fetch Electron's binary again
npm run setup -- --browser    fetch Chromium for the browser tests
npm run setup -- --screens    build the screens again
npm run setup -- --remove     remove TensorFlow from the user's cache folder and from this clone
`;

function readOptions() {
  try {
    return parseArgs({
      options: {
        gpu: { type: 'boolean' },
        cpu: { type: 'boolean' },
        electron: { type: 'boolean' },
        browser: { type: 'boolean' },
        screens: { type: 'boolean' },
        remove: { type: 'boolean' },
        help: { type: 'boolean' },
        part: { type: 'string', multiple: true },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${help}`);
    process.exit(2);
  }
}

const options = readOptions();
const root = repositoryFolder;
if (options.help) {
  process.stdout.write(help);
} else if (options.remove) {
  await removeTensorflow(root);
} else {
  const only = options.screens ? ['screens'] : null;
  const parts = options.part ?? only ?? ['tensorflow', 'electron', 'browser', 'screens'];
  const variant = options.gpu ? 'gpu' : options.cpu ? 'cpu' : null;
  if (parts.includes('tensorflow')) await setUpTensorflow(root, variant);
  if (parts.includes('electron')) await setUpElectron(root, options.electron === true);
  if (parts.includes('browser'))
    await setUpBrowser(root, options.part !== undefined || options.browser === true);
  if (parts.includes('screens')) {
    // The builder is large: loaded only where something is built.
    const { setUpScreens } = await import('./screens.ts');
    if (!(await setUpScreens(root))) process.exitCode = 1;
  }
  if (!process.exitCode) say('done', 'ready');
}
