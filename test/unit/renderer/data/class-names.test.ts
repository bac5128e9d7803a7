import { expect, it } from 'vitest';

import { givenTwice, namesIn } from '../../../../src/renderer/features/data/class-names.ts';

it('finds names that differ by case only', () => {
  expect(namesIn(' LOBAR, lobar;\nOTHER,, OTHER')).toEqual(['LOBAR', 'lobar', 'OTHER']);
  expect(givenTwice(namesIn('OTHER, LOBAR, lobar'))).toEqual(['LOBAR', 'lobar']);
  expect(givenTwice(['LOBAR', 'OTHER'])).toBeNull();
});
