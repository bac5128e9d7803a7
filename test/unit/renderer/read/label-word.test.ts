import { describe, expect, it } from 'vitest';

import type { ReaderLabel } from '../../../../src/contract/image.ts';
import { mergeWord } from '../../../../src/engine/label/label-change.ts';
import { isRead, levelText, readNumber } from '../../../../src/renderer/features/read/label-word.ts';
import { rangeText, wordText } from '../../../../src/renderer/label-text.ts';
import {
  changeWord,
  classChange,
  sameWord,
  withClassIds,
  type WordChange,
} from '../../../../src/renderer/word-change.ts';

const word: ReaderLabel = {
  class: null,
  classes: null,
  number: null,
  unsure: false,
  skipped: false,
  bookmarked: false,
  comment: null,
};

describe('a changed word', () => {
  const befores: (ReaderLabel | null)[] = [
    null,
    { ...word, class: 'NORMAL' },
    { ...word, class: 'NORMAL', unsure: true, comment: 'small' },
    { ...word, classes: ['EDEMA', 'NORMAL'], unsure: true },
    { ...word, classes: [] },
    { ...word, number: 0, bookmarked: true },
    { ...word, skipped: true },
    { ...word, comment: 'rotated' },
    { ...word, bookmarked: true },
  ];
  const changes: WordChange[] = [
    { class: 'PNEUMONIA' },
    { class: null },
    { class: null, skipped: false },
    { classes: { set: ['NORMAL', 'EDEMA'] } },
    { classes: { set: [] } },
    { classes: { add: ['EDEMA'] } },
    { classes: { remove: ['NORMAL'] } },
    { classes: { add: ['EDEMA'], remove: ['EDEMA'] } },
    { classes: null },
    { number: 12.5 },
    { number: null },
    { unsure: true },
    { unsure: false },
    { skipped: true },
    { bookmarked: true },
    { bookmarked: false },
    { comment: ' seen ' },
    { comment: '' },
    { comment: null },
  ];

  it('is what the engine makes of it, or the screen would jump when the answer comes', () => {
    for (const before of befores) {
      const stored = before && {
        ...(before.class && { class: before.class }),
        ...(before.classes && { classes: before.classes }),
        ...(before.number !== null && { number: before.number }),
        ...(before.unsure && { unsure: true as const }),
        ...(before.skipped && { skipped: true as const }),
        ...(before.bookmarked && { bookmarked: true as const }),
        ...(before.comment && { comment: before.comment }),
      };
      for (const change of changes) {
        const engineSays = mergeWord(
          stored,
          withClassIds(change, (name) => name),
        );
        const expected = engineSays && {
          class: engineSays.class ?? null,
          classes: engineSays.classes ?? null,
          number: engineSays.number ?? null,
          unsure: engineSays.unsure ?? false,
          skipped: engineSays.skipped ?? false,
          bookmarked: engineSays.bookmarked ?? false,
          comment: engineSays.comment ?? null,
        };
        const shown = changeWord(before, change);
        expect(sameWord(shown, expected), JSON.stringify({ before, change, shown, expected })).toBe(true);
      }
    }
  });

  it('counts as read with a label or when skipped, not with a comment or a bookmark alone', () => {
    expect(befores.map(isRead)).toEqual([false, true, true, true, true, true, true, false, false]);
  });

  it('is said in words', () => {
    expect(befores.map((before) => wordText(before, 'months'))).toEqual([
      'no label',
      'NORMAL',
      'NORMAL, unsure',
      'EDEMA, NORMAL, unsure',
      'none of the classes',
      '0 months',
      'skipped',
      'no label',
      'no label',
    ]);
  });
});

describe('a class of several', () => {
  it('joins and leaves, and the last one that leaves leaves no label: "none" is said on purpose', () => {
    expect(classChange(null, 'EDEMA', true)).toEqual({ classes: { add: ['EDEMA'] } });
    const two = { ...word, classes: ['EDEMA', 'NORMAL'] };
    expect(classChange(two, 'EDEMA', true)).toEqual({ classes: { remove: ['EDEMA'] } });
    expect(classChange({ ...word, classes: ['EDEMA'] }, 'EDEMA', true)).toEqual({ classes: null });
    expect(classChange(two, 'EDEMA', false)).toEqual({ class: 'EDEMA' });
  });
});

describe('a number that is typed', () => {
  const months = { unit: 'months', low: 0, high: 228, decimals: 1 };

  it('is read with a comma or a point', () => {
    expect(readNumber(' 12,5 ', months)).toBe(12.5);
    expect(readNumber('0', months)).toBe(0);
    expect(readNumber('-3', { ...months, low: null })).toBe(-3);
  });

  it('is refused with the reason where the project would not take it', () => {
    expect(readNumber('229', months)).toBe('Not above 228 months.');
    expect(readNumber('-1', months)).toBe('Not below 0 months.');
    expect(readNumber('1.25', months)).toBe('At most 1 digit behind the point.');
    expect(readNumber('1.5', { ...months, decimals: 0 })).toBe('Whole numbers only.');
    expect(readNumber('', months)).toContain('not a number');
    expect(readNumber('1e999', months)).toContain('not a number');
  });

  it('comes with the range it may lie in', () => {
    expect(rangeText(months)).toBe('0 to 228 months');
    expect(rangeText({ ...months, high: null })).toBe('from 0 months');
    expect(rangeText({ ...months, low: null, high: null, unit: '' })).toBe('');
  });
});

it('what a label is said of is told with how much that is', () => {
  const series = [{ total: 36 }, { total: 72 }];
  expect(levelText('study', series)).toBe('Label of the study: 2 series, 108 images');
  expect(levelText('series', [{ total: 1 }])).toBe('Label of the series: 1 image');
  expect(levelText('image', series)).toBeNull();
});
