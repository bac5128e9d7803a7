import { expect, it, vi } from 'vitest';

import { openHdf5 } from '../../../../src/worker/compute/hdf5.ts';

// HDF5 lies in memory as a whole: a larger file would end the process instead of in a sentence.
it('refuses a file of more than 1 GB before a byte of it is read', async () => {
  const read = vi.fn(() => Promise.reject(new Error('it was read')));
  await expect(openHdf5({ name: 'a.h5', bytes: { size: 2 ** 30 + 1, read } })).rejects.toMatchObject({
    code: 'badWeights',
    message: 'a.h5 has 1073741825 bytes; HDF5 is read up to 1073741824.',
  });
  expect(read).not.toHaveBeenCalled();
});
