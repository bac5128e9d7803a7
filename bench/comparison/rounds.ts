/** Something that is measured in a fresh process each time. */
export interface Contestant<Figures> {
  readonly id: string;
  /** For the table's head. */
  readonly name: string;
  measure(): Promise<Figures>;
}

/** A contestant's figures, one a round. */
export type Rounds<Figures> = ReadonlyMap<string, readonly Figures[]>;

/**
 * Measures the contestants in turns, so that a machine that slows down slows all of them; each round begins with
 * another one, so that none always follows the same.
 *
 * @throws Error of the first that fails
 */
export async function inTurns<Figures>(
  contestants: readonly Contestant<Figures>[],
  repeats: number,
  tell: (what: string) => void,
): Promise<Rounds<Figures>> {
  const rounds = new Map<string, Figures[]>(contestants.map(({ id }) => [id, []]));
  for (let round = 0; round < repeats; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const { id, name, measure } = contestants[(round + turn) % contestants.length]!;
      tell(`${name}, ${round + 1} of ${repeats}`);
      rounds.get(id)!.push(await measure());
    }
  }
  return rounds;
}
