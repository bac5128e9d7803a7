// Runs before each test file: all that the file and its children put into the temporary folder goes with it.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const before = process.env['TMPDIR'];
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'readroom-test-')));
process.env['TMPDIR'] = folder;

afterAll(() => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});
