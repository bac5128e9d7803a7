import { expect, it } from 'vitest';

import type { Annotation } from '../../../../src/contract/annotation.ts';
import { changeShapes } from '../../../../src/renderer/shape-change.ts';

const point = (id: string, x: number): Annotation => ({ id, class: null, shape: { kind: 'point', x, y: 0 } });

it('changed shapes keep their place, new ones come last, removed ones go', () => {
  const before = [point('a', 1), point('b', 2), point('c', 3)];
  const after = changeShapes(before, { put: [point('d', 4), point('b', 5)], remove: ['a'] });
  expect(after).toEqual([point('b', 5), point('c', 3), point('d', 4)]);
  expect(before).toEqual([point('a', 1), point('b', 2), point('c', 3)]);
  expect(changeShapes(before, {})).toEqual(before);
});
