import { describe, expect, it } from 'vitest';

import { historyKindSchema } from '../../../../src/contract/label.ts';
import {
  aboutChoices,
  actionWords,
  actorChoices,
  compareMoments,
  localMoment,
  momentOf,
} from '../../../../src/renderer/features/data/history-words.ts';

it('is narrowed down to a reader by the name, and to each kind of action', () => {
  expect(actorChoices([{ name: 'Ada' }])).toEqual([
    { value: null, label: 'Everybody' },
    { value: 'Ada', label: 'Ada' },
  ]);
  expect(aboutChoices.map(({ value }) => value)).toEqual([null, ...historyKindSchema.options]);
});

describe('two moments', () => {
  const classes = [
    { id: 'a', name: 'NORMAL', position: 0, color: '#56b4e9', key: '1' },
    { id: 'c', name: 'LESION', position: 1, color: '#e69f00', key: '2' },
  ];
  const then = {
    at: '2026-01-01T10:00:00.000Z',
    images: 10,
    labelled: 4,
    classes: [
      { class: 'a', name: 'NORMAL', n: 3 },
      { class: 'b', name: 'OPACITY', n: 1 },
    ],
  };
  const now = { ...then, labelled: 6, classes: [{ class: 'a', name: 'NORMAL', n: 5 }] };

  it('stand side by side by class, with those that went at the end', () => {
    expect(compareMoments(then, now, classes)).toEqual([
      { id: 'a', name: 'NORMAL', then: 3, now: 5 },
      { id: 'c', name: 'LESION', then: null, now: null },
      { id: 'b', name: 'OPACITY', then: 1, now: null },
    ]);
  });
});

describe('a moment of a field', () => {
  it('is the one that was chosen, in the time of this machine', () => {
    const local = localMoment('2026-03-04T09:05:00.000Z');
    expect(momentOf(local)).toBe('2026-03-04T09:05:00.000Z');
  });

  it('is none while the field is empty', () => {
    expect(momentOf('')).toBeNull();
  });
});

it('an undone action is told from what it took back', () => {
  expect(actionWords({ kind: 'undo', what: 'NORMAL on 1.png' })).toBe('Undone: NORMAL on 1.png');
  expect(actionWords({ kind: 'set', what: 'NORMAL on 1.png' })).toBe('NORMAL on 1.png');
  expect(actionWords({ kind: 'merge', what: '2 changes of another copy' })).toBe(
    'Merged: 2 changes of another copy',
  );
});
