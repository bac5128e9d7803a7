import { describe, expect, it } from 'vitest';

import { mergeWord } from '../../../../src/engine/label/label-change.ts';
import { isRead, wordText } from '../../../../src/renderer/features/read/label-word.ts';
import { changeWord, type WordChange } from '../../../../src/renderer/word-change.ts';

const word = { class: null, number: null, unsure: false, skipped: false, comment: null };

describe('a changed word', () => {
  const befores = [
    null,
    { ...word, class: 'NORMAL' },
    { ...word, class: 'NORMAL', unsure: true, comment: 'small' },
    { ...word, skipped: true },
    { ...word, comment: 'rotated' },
  ];
  const changes: WordChange[] = [
    { class: 'PNEUMONIA' },
    { class: null },
    { class: null, skipped: false },
    { unsure: true },
    { unsure: false },
    { skipped: true },
    { comment: ' seen ' },
    { comment: '' },
    { comment: null },
  ];

  it('is what the engine makes of it, or the screen would jump when the answer comes', () => {
    for (const before of befores) {
      const stored = before && {
        ...(before.class && { class: before.class }),
        ...(before.unsure && { unsure: true as const }),
        ...(before.skipped && { skipped: true as const }),
        ...(before.comment && { comment: before.comment }),
      };
      for (const change of changes) {
        const engineSays = mergeWord(stored, change);
        const expected = engineSays && {
          class: engineSays.class ?? null,
          number: engineSays.number ?? null,
          unsure: engineSays.unsure ?? false,
          skipped: engineSays.skipped ?? false,
          comment: engineSays.comment ?? null,
        };
        expect(changeWord(before, change), JSON.stringify({ before, change })).toEqual(expected);
      }
    }
  });

  it('counts as read with a label or when skipped, not with a comment alone', () => {
    expect(befores.map(isRead)).toEqual([false, true, true, true, false]);
  });

  it('is said in words', () => {
    expect(befores.map(wordText)).toEqual(['no label', 'NORMAL', 'NORMAL, unsure', 'skipped', 'no label']);
  });
});
