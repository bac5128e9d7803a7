import { afterEach, expect, it, vi } from 'vitest';

import { startOutlook } from '../../../../src/engine/runs/start-outlook.ts';
import type { SpawnWorker } from '../../../../src/rpc/child-process.ts';
import { type ImportBench, openImportBench } from '../../../support/import-project.ts';
import { tinyRecipe } from '../../../support/tiny-run.ts';

let bench: ImportBench;
afterEach(async () => {
  vi.restoreAllMocks();
  await bench.close();
});

// Would catch: a plan that never comes because a weight file keeps its reader busy for ever.
it('says in a sentence that weights take too long to look through, ends the child and asks anew', async () => {
  bench = await openImportBench({ classes: ['a', 'b'] });
  const limit = new AbortController();
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(limit.signal);
  const kill = vi.fn();
  const spawn = vi.fn(() => ({
    kill,
    client: {
      checkWeights: () =>
        new Promise((_, reject) => kill.mockImplementation(() => reject(new Error('It has ended.')))),
    },
  }));
  const keptWeights = {
    ...bench.keptWeights,
    find: () =>
      Promise.resolve({
        path: '/endless.pth',
        weights: { normalization: null, name: 'Endless', generated: false },
      }),
  } as unknown as ImportBench['keptWeights'];
  const recipe = tinyRecipe({ transfer: { weights: 'own-1' } });
  const dependencies = { spawn: spawn as unknown as SpawnWorker, keptWeights };

  const outlook = startOutlook(bench.session, recipe, dependencies);
  await vi.waitFor(() => expect(spawn).toHaveBeenCalledOnce());
  limit.abort();
  expect((await outlook).problems).toEqual([
    'transfer.weights cannot be taken over: Endless could not be looked through within 60 seconds. Try again when the computer has less to do; if it stays so, take other weights.',
  ]);
  expect(timeout).toHaveBeenCalledWith(60_000);
  expect(kill).toHaveBeenCalled();

  timeout.mockReturnValue(AbortSignal.abort());
  await startOutlook(bench.session, recipe, dependencies);
  expect(timeout).toHaveBeenCalledTimes(2);
});
