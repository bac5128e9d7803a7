// npm run format: lets the tools mend what they can, and writes the generated notices.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { repositoryFolder as root } from './setup/places.mjs';

const programs = [
  ['node_modules/eslint/bin/eslint.js', '--fix', '.'],
  ['node_modules/prettier/bin/prettier.cjs', '--write', '--log-level=warn', '.'],
  ['scripts/licences.ts'],
];
for (const [program = '', ...args] of programs) {
  const { status } = spawnSync(process.execPath, [path.join(root, program), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
