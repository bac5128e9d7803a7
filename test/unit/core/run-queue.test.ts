import { expect, it } from 'vitest';

import { movedTo } from '../../../src/core/run-queue.ts';

it.each([
  [1, 'cabd'],
  [2, 'acbd'],
  [3, 'abcd'],
  [4, 'abdc'],
  [99, 'abdc'],
])('an entry goes to place %i and the others keep their order', (place, order) => {
  expect(movedTo(['a', 'b', 'c', 'd'], 'c', place).join('')).toBe(order);
});
