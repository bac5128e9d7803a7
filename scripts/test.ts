// npm test: vitest, then one plain closing line that a script can read.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { repositoryFolder as root } from './setup/places.mjs';
import { closingLine, countTests, type TestReport } from './test-counts.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'readroom-tests-'));
const reportFile = path.join(folder, 'report.json');
const child = spawn(
  process.execPath,
  [
    path.join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
const status = await new Promise<number>((resolve, reject) => {
  child.once('error', reject);
  child.once('close', (code) => resolve(code ?? 1));
});
let report: TestReport | null;
try {
  report = JSON.parse(readFileSync(reportFile, 'utf8')) as TestReport;
} catch {
  // vitest ended before it could write one; its own words stand above.
  report = null;
}
rmSync(folder, { recursive: true, force: true });
const counts = countTests(report, status === 0);
process.stdout.write(`${closingLine(counts)}\n`);
process.exitCode = status === 0 && counts.failed > 0 ? 1 : status;
