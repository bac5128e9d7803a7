import { expect, it } from 'vitest';

import { shuffledReaders } from '../../../../src/renderer/stores/rounds.ts';

const readers = ['Ada', 'Ben', 'Cleo', 'Dora'].map((name) => ({ name, reader: `r-${name}` }));
const order = (round: string): string =>
  shuffledReaders(round, readers)
    .map(({ name }) => name)
    .join();

it('tells nothing of names, and is the same for everybody and in every copy of the list', () => {
  const rounds = Array.from({ length: 50 }, (_, at) => `round ${at}`);
  expect(new Set(rounds.map(order)).size).toBeGreaterThan(10);
  for (const round of rounds)
    expect(shuffledReaders(round, [...readers].reverse())).toEqual(shuffledReaders(round, readers));
});
