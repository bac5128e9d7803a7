import { expect, it } from 'vitest';

import { comparedRuns } from '../../../../src/renderer/features/train/compared-runs.ts';

it('reads two runs from the address that a reload comes back to', () => {
  expect(comparedRuns('a,b')).toEqual(['a', 'b']);
});

it.each([undefined, null, '', 'a', 'a,', 'a,a', 'a,b,c', ['a,b', 'c,d']])(
  'compares nothing for %j',
  (query) => {
    expect(comparedRuns(query)).toBeNull();
  },
);
