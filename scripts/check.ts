// npm run check: everything about the code that can be judged without running it.
import { spawn } from 'node:child_process';
import path from 'node:path';

import { repositoryFolder as root } from './setup/places.mjs';

interface Step {
  name: string;
  args: string[];
}

const tool = (file: string) => path.join(root, 'node_modules', file);
const types = (runtime: string, compiler = 'typescript/bin/tsc') => [
  tool(compiler),
  ...['-p', `tsconfig.${runtime}.json`],
  ...['--incremental', '--tsBuildInfoFile', tool(`.cache/readroom/${runtime}.tsbuildinfo`)],
];

const steps: Step[] = [
  { name: 'lint', args: [tool('eslint/bin/eslint.js'), '--max-warnings=0', '.'] },
  {
    name: 'types without Node and DOM (contract, core, nn)',
    args: types('portable'),
  },
  { name: 'types under Node', args: types('node') },
  { name: "types of Electron's main process", args: types('main') },
  { name: 'types of the preload', args: types('preload') },
  { name: 'types of the screens', args: types('renderer', 'vue-tsc/bin/vue-tsc.js') },
  {
    name: 'layer rules',
    args: [
      tool('dependency-cruiser/bin/dependency-cruiser.mjs'),
      'src',
      '--config',
      '.dependency-cruiser.js',
    ],
  },
  { name: 'formatting', args: [tool('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.'] },
  {
    name: 'unused code',
    args: [tool('knip/bin/knip.js'), '--no-progress', '--treat-config-hints-as-errors'],
  },
  { name: 'licences and notices', args: [path.join(root, 'scripts/licences.ts'), '--check'] },
];

function run({ args }: Step): Promise<{ ok: boolean; output: string; seconds: number }> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ ok: code === 0, output: output.trim(), seconds: (performance.now() - started) / 1000 });
    });
  });
}

const failed: string[] = [];
const waiting = [...steps];

async function work(): Promise<void> {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    const { ok, output, seconds } = await run(step);
    if (!ok) {
      failed.push(step.name);
      process.stdout.write(`\n${output}\n`);
    }
    process.stdout.write(`check: ${step.name}: ${ok ? 'ok' : 'FAILED'} (${seconds.toFixed(1)} s)\n`);
  }
}

// Two at a time: the machines this runs on have two cores at least, and lint alone is a third of the time.
await Promise.all([work(), work()]);
process.stdout.write(failed.length === 0 ? 'check: all ok\n' : `check: FAILED: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
