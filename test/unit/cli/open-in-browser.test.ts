import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { writeRedirect } from '../../../src/cli/open-in-browser.ts';

test('the address with the token goes through a file of which only its owner can read anything', () => {
  const parent = mkdtempSync(join(tmpdir(), 'readroom-redirect-'));
  try {
    const { file, remove } = writeRedirect(parent, 'http://127.0.0.1:4750/?token=a&b="c');
    expect(readFileSync(file, 'utf8')).toContain(
      'content="0; url=http://127.0.0.1:4750/?token=a&amp;b=&quot;c"',
    );
    expect(statSync(file).mode & 0o077).toBe(0);
    remove();
    expect(existsSync(file)).toBe(false);
  } finally {
    rmSync(parent, { recursive: true });
  }
});
