import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { beforeAll, describe, expect, test } from 'vitest';

import { pressCtrlC, runCliProcess, startCli } from '../support/cli-process.ts';

let cwd: string;
const json = async (...args: string[]) => {
  const { code, out } = await runCliProcess([...args, '--json'], cwd);
  return { code, document: JSON.parse(out) as Record<string, unknown> };
};
const small = ['--set', 'network.id=alexnet-small', '--set', 'network.scale=0.25', '--set', 'batchSize=8'];

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'readroom-chain-'));
  await json('sample', 'films', '--template', 'pneumonia', '--images', '40');
  await json('new', 'chest', '--template', 'pneumonia');
}, 120_000);

describe('the chain, each command a process of its own', () => {
  test('import, split', async () => {
    const imported = await json('import', 'chest', 'films', '--labels', 'folder', '--patient', 'folder');
    expect(imported).toMatchObject({ code: 0, document: { added: 40, refused: [], labelled: 40 } });
    expect((await json('import', 'chest', 'films')).document).toMatchObject({ added: 0, alreadyPresent: 40 });
    expect((await json('split', 'chest', '--train', '.6', '--val', '.2', '--test', '.2')).code).toBe(0);
  });

  test('Ctrl-C in a training keeps a checkpoint; resumed, it ends with the weights of an unbroken run', async () => {
    const recipe = [...small, '--set', 'epochs=60', '--set', 'earlyStopping.patience=0'];
    const training = startCli(['train', 'chest', ...recipe, '--json'], cwd);
    await training.says('epoch 2 of 60');
    pressCtrlC(training);
    expect(await training.ended).toBe(130);
    const stopped = JSON.parse(training.printed.out) as {
      run: string;
      error: { code: string; hint: string };
    };
    expect(stopped.error.code).toBe('interrupted');
    expect(stopped.error.hint).toContain(`readroom train chest --resume ${stopped.run}`);

    const resumed = await json('train', 'chest', '--resume', stopped.run);
    expect(resumed).toMatchObject({
      code: 0,
      document: { run: stopped.run, status: 'completed', epochs: 60 },
    });
    const unbroken = await json('rerun', 'chest', stopped.run);
    expect(unbroken).toMatchObject({ code: 0, document: { same: true } });
  }, 240_000);

  test('evaluate, report, export, verify, predict', async () => {
    expect(await json('evaluate', 'chest', 'latest')).toMatchObject({
      code: 0,
      document: { split: 'test', testOpenings: 1 },
    });
    expect((await json('report', 'chest', 'latest', '--to', 'report.html')).code).toBe(0);
    expect(readFileSync(join(cwd, 'report.html'), 'utf8')).toContain('<html');
    expect((await json('export', 'chest', 'latest', '--to', 'model')).code).toBe(0);
    expect(await json('verify', 'model')).toEqual({ code: 0, document: { ok: true, problems: [] } });
    const film = 'films/NORMAL/P0001/P0001-1.png';
    const [byPackage, byRun] = [
      await json('predict', 'model', film),
      await json('predict', 'chest:latest', film),
    ];
    const probability = (answer: typeof byRun) =>
      (answer.document['predictions'] as { probabilities: Record<string, number> }[])[0]?.probabilities[
        'PNEUMONIA'
      ];
    expect(probability(byPackage)).toBeCloseTo(probability(byRun) ?? -1, 4);
  }, 240_000);
});

describe('one project, two processes', () => {
  test('a reading command works while another process holds the project; a writing one names the holder', async () => {
    const server = startCli(['serve', 'chest', '--port', '0'], cwd);
    await server.says('token=');
    const reading = await json('runs', 'chest');
    expect(reading.code).toBe(0);
    const writing = await json('label', 'chest', 'P0001-1.png', '--class', 'normal');
    expect(writing).toMatchObject({ code: 1, document: { error: { code: 'projectLocked' } } });
    expect((writing.document['error'] as { message: string }).message).toContain(String(server.child.pid));
    pressCtrlC(server);
    expect(await server.ended).toBe(0);
    expect(server.printed.err).not.toContain('token=');
    expect((await json('label', 'chest', 'P0001-1.png', '--class', 'normal')).code).toBe(0);
  }, 60_000);
});
