import { recordValue, type RecordValue, saidBy } from '../../core/label-record.ts';
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

/** Images of which two readers say different things. */
export function disagreeing(labels: readonly RoundLabel[]): Set<string> {
  const said = new Map<string, string>();
  const images = new Set<string>();
  for (const { image, value } of labels) {
    const before = said.get(image);
    if (before === undefined) said.set(image, saidBy(value));
    else if (before !== saidBy(value)) images.add(image);
  }
  return images;
}
