// Runs before each test file: all that the file and its children put into the temporary folder goes with it. The
// user's own settings and recent projects are out of reach.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const before = process.env['TMPDIR'];
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'readroom-test-')));
process.env['TMPDIR'] = folder;
process.env['XDG_CONFIG_HOME'] = join(folder, 'config');

afterAll(() => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});
