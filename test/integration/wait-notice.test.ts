import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { startCli } from '../support/cli-process.ts';

const holder = fileURLToPath(new URL('../support/hold-project.ts', import.meta.url));

test('a command that waits for a project says for whom, and goes on when it is free; what is wrong with it is told before', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'readroom-wait-'));
  try {
    expect(await startCli(['new', 'chest', '--classes', 'a,b'], folder).ended).toBe(0);
    const held = fork(holder, [join(folder, 'chest')], { stdio: 'ignore' });
    await once(held, 'message');
    const misspelt = startCli(['train', 'chest', '--recipe', 'quick', '--set', 'epoch=3'], folder);
    expect(await misspelt.ended).toBe(1);
    expect(misspelt.printed.err).toContain('Did you mean epochs?');
    expect(misspelt.printed.err).not.toContain('Waiting for');
    const waiting = startCli(['split', 'chest'], folder);
    await waiting.says('the holder (process');
    expect(waiting.printed.err).toContain(`Waiting for ${join(folder, 'chest')}`);
    held.kill();
    expect(await waiting.ended).toBe(1);
    expect(waiting.printed.err).not.toContain('is being written by');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
