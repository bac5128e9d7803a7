import { expect, it } from 'vitest';

import { labelWord, previewText } from '../../../../src/renderer/features/readers/rule-choices.ts';

const preview = { rule: 'majority/1' as const, images: [], examples: [] };

it('says in words what a rule would change', () => {
  expect(previewText({ ...preview, changed: 0, gained: 0, lost: 0 })).toBe(
    'No label of record would change.',
  );
  expect(previewText({ ...preview, changed: 1, gained: 0, lost: 1 })).toBe(
    '1 label of record would change: 1 image would have none any more.',
  );
  expect(previewText({ ...preview, changed: 6, gained: 1, lost: 2 })).toBe(
    '6 labels of record would change: 3 images would have another label, 1 would have a label where there is none now, 2 would have none any more.',
  );
});

it('names a label of any kind', () => {
  expect(labelWord(null, '')).toBe('no label');
  expect(labelWord('', '')).toBe('none of the classes');
  expect(labelWord('PNEUMONIA', '')).toBe('PNEUMONIA');
  expect(labelWord(84, 'months')).toBe('84 months');
});
