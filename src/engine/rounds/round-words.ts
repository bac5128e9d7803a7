import { recordValue, type RecordValue, saidBy } from '../../core/label-record.ts';
import { isWithin } from '../../core/agreement-measures.ts';
import type { RoundRow, RoundWord } from '../db/round-repository.ts';
import type { ProjectSession } from '../project/session.ts';

/** A reader's label in a round, of the kind that labels were when it was opened. */
export interface RoundLabel {
  image: string;
  reader: string;
  value: RecordValue;
}

/** The labels among words: what was skipped or only commented says nothing. */
export function recordValues(
  session: ProjectSession,
  { kind }: Pick<RoundRow, 'kind'>,
  words: readonly RoundWord[],
): RoundLabel[] {
  const heirs = session.projects.heirs();
  return words.flatMap(({ image, reader, value }) => {
    const said = recordValue(value, kind, heirs);
    return said ? [{ image, reader, value: said }] : [];
  });
}

/** Images of which two readers say different things; numbers that lie at most `tolerance` apart are the same. */
export function disagreeing(labels: readonly RoundLabel[], tolerance: number): Set<string> {
  const said = new Map<string, string>();
  const ranges = new Map<string, readonly [low: number, high: number]>();
  const images = new Set<string>();
  for (const { image, value } of labels) {
    if ('number' in value) {
      const [low, high] = ranges.get(image) ?? [value.number, value.number];
      const range = [Math.min(low, value.number), Math.max(high, value.number)] as const;
      ranges.set(image, range);
      if (!isWithin(...range, tolerance)) images.add(image);
      continue;
    }
    const before = said.get(image);
    if (before === undefined) said.set(image, saidBy(value));
    else if (before !== saidBy(value)) images.add(image);
  }
  return images;
}
