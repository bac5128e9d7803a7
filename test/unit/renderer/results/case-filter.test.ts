import { describe, expect, it } from 'vitest';

import {
  type CaseFilter,
  filterRequest,
  filterTitle,
  filterWord,
  ordersOf,
  readFilter,
} from '../../../../src/renderer/features/results/case-filter.ts';

const filters: CaseFilter[] = [
  { kind: 'all' },
  { kind: 'errors' },
  { kind: 'cell', truth: 1, decided: 0 },
  { kind: 'range', class: 1, from: 0.25, to: 0.3 },
  { kind: 'dice', class: 0, from: 0, to: 0.05 },
  { kind: 'truth', class: 2 },
  { kind: 'said', class: 0 },
  { kind: 'image', image: '01a20975-3489-7289-ad0f-518a3e239a81' },
];

describe('the filter of cases', () => {
  it.each(filters)('comes back from an address: $kind', (filter) => {
    expect(readFilter(filterWord(filter))).toEqual(filter);
  });

  it('falls back to errors for an address that says nothing', () => {
    for (const word of [undefined, null, '', 'cell', 'cell_x_1', 'range_0__1', 'image_', 'truth_x', ['all']])
      expect(readFilter(word)).toEqual({ kind: 'errors' });
  });

  it('asks the engine for a cell by truth and decision, in this order', () => {
    expect(filterRequest({ kind: 'cell', truth: 1, decided: 0 })).toEqual({ truth: 1, decided: 0 });
    expect(filterRequest({ kind: 'errors' })).toEqual({ errorsOnly: true });
    expect(filterRequest({ kind: 'range', class: 0, from: 0.1, to: 0.2 })).toEqual({
      probability: { class: 0, from: 0.1, to: 0.2 },
    });
    expect(filterRequest({ kind: 'dice', class: 1, from: 0, to: 1 })).toEqual({
      dice: { class: 1, from: 0, to: 1 },
    });
    expect(filterRequest({ kind: 'said', class: 1 })).toEqual({ decided: 1 });
  });

  it('has no order by doubt where nothing has a probability', () => {
    const values = (task: 'regression' | 'multiLabel') => ordersOf(task).map(({ value }) => value);
    expect(values('regression')).toEqual(['worst', 'best']);
    expect(values('multiLabel')).toContain('unsure');
  });

  it('is named by the classes', () => {
    const classes = ['NORMAL', 'PNEUMONIA'];
    expect(filterTitle({ kind: 'cell', truth: 1, decided: 0 }, classes)).toBe('PNEUMONIA decided as NORMAL');
    expect(filterTitle({ kind: 'cell', truth: 1, decided: 1 }, classes)).toBe('PNEUMONIA, decided rightly');
  });
});
