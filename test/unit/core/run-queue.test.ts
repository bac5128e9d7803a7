import { expect, it } from 'vitest';

import type { RunPriority } from '../../../src/contract/queue.ts';
import { inOrder, movedTo, type QueueRank, ranksAsListed } from '../../../src/core/run-queue.ts';

it.each([
  [1, 'cabd'],
  [2, 'acbd'],
  [3, 'abcd'],
  [4, 'abdc'],
  [99, 'abdc'],
])('an entry goes to place %i and the others keep their order', (place, order) => {
  expect(movedTo(['a', 'b', 'c', 'd'], 'c', place).join('')).toBe(order);
});

interface Named extends QueueRank {
  name: string;
}
const levels: Record<string, RunPriority> = { H: 'high', n: 'normal', l: 'low' };
/** 'H5' is of high priority and came at 5. */
const listOf = (...names: string[]): Named[] =>
  names.map((name) => ({ name, priority: levels[name[0]!]!, order: Number(name.slice(1)) }));

it('has those of a higher priority first, then those that came first', () => {
  const names = inOrder(listOf('l1', 'n4', 'H9', 'n2', 'H7')).map(({ name }) => name);
  expect(names).toEqual(['H7', 'H9', 'n2', 'n4', 'l1']);
});

it.each([
  ['l1', 1, 'high'],
  ['l1', 3, 'normal'],
  ['l1', 4, 'normal'],
  ['l1', 5, 'low'],
  ['H7', 2, 'high'],
  ['H7', 3, 'normal'],
  ['H7', 5, 'low'],
  ['n2', 4, 'normal'],
] as const)(
  '%s at place %i has priority %s, and the others keep theirs and their order',
  (name, place, level) => {
    const waiting = listOf('H7', 'H9', 'n2', 'n4', 'l1');
    const moved = waiting.find((entry) => entry.name === name)!;
    const listed = movedTo(waiting, moved, place);
    const ranks = ranksAsListed(listed, moved);
    const ranked = listed.map((entry, index) => ({ ...entry, ...ranks[index]! }));
    expect(inOrder([...ranked].reverse())).toEqual(ranked);
    expect(ranked.find((entry) => entry.name === name)!.priority).toBe(level);
    for (const entry of ranked.filter((other) => other.name !== name))
      expect(entry.priority).toBe(levels[entry.name[0]!]);
  },
);
