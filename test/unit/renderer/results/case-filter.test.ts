import { describe, expect, it } from 'vitest';

import {
  type CaseFilter,
  filterRequest,
  filterTitle,
  filterWord,
  readFilter,
} from '../../../../src/renderer/features/results/case-filter.ts';

const filters: CaseFilter[] = [
  { kind: 'all' },
  { kind: 'errors' },
  { kind: 'cell', truth: 1, decided: 0 },
  { kind: 'range', class: 1, from: 0.25, to: 0.3 },
];

describe('the filter of cases', () => {
  it.each(filters)('comes back from an address: $kind', (filter) => {
    expect(readFilter(filterWord(filter))).toEqual(filter);
  });

  it('falls back to errors for an address that says nothing', () => {
    for (const word of [undefined, null, '', 'cell', 'cell_x_1', 'range_0__1', ['all']])
      expect(readFilter(word)).toEqual({ kind: 'errors' });
  });

  it('asks the engine for a cell by truth and decision, in this order', () => {
    expect(filterRequest({ kind: 'cell', truth: 1, decided: 0 })).toEqual({ truth: 1, decided: 0 });
    expect(filterRequest({ kind: 'errors' })).toEqual({ errorsOnly: true });
    expect(filterRequest({ kind: 'range', class: 0, from: 0.1, to: 0.2 })).toEqual({
      probability: { class: 0, from: 0.1, to: 0.2 },
    });
  });

  it('is named by the classes', () => {
    const classes = ['NORMAL', 'PNEUMONIA'];
    expect(filterTitle({ kind: 'cell', truth: 1, decided: 0 }, classes)).toBe('PNEUMONIA decided as NORMAL');
    expect(filterTitle({ kind: 'cell', truth: 1, decided: 1 }, classes)).toBe('PNEUMONIA, decided rightly');
  });
});
