import { imageQuerySchema, type View } from '../../contract/image.ts';
import type { LabelChangeInput } from '../../contract/label.ts';
import { adjudicationOf } from '../../contract/round-id.ts';
import type { Disagreement } from '../../contract/round.ts';
import type { RoundRow, RoundWord } from '../db/round-repository.ts';
import { isLabel } from '../db/stored-value.ts';
import { toReaderLabel } from '../dataset/reader-label.ts';
import { assignLabels, type LabelAction } from '../label/label-service.ts';
import type { ProjectSession } from '../project/session.ts';
import { decidedImages, roundOutcome } from './round-outcome.ts';
import { requireClosed, requireListed } from './rounds.ts';

/** Images on which the readers of a closed round disagree, undecided ones first. */
function disputedImages(session: ProjectSession, row: RoundRow): { images: string[]; decided: number } {
  const done = decidedImages(session, row);
  const { disputed } = roundOutcome(session, row);
  const decided = disputed.filter((image) => done.has(image));
  const images = [...disputed.filter((image) => !done.has(image)), ...decided];
  return { images, decided: decided.length };
}

/** A page of where the readers of a closed round disagree. @throws ReadroomError `unknownRound`, `notPermitted` */
export function roundDisagreements(
  session: ProjectSession,
  { round, offset, limit }: { round: string; offset: number; limit: number },
): { total: number; decided: number; rows: Disagreement[] } {
  const row = requireClosed(session, round);
  const { images, decided } = disputedImages(session, row);
  const rows = disagreementsOn(session, row, images.slice(offset, offset + limit));
  return { total: images.length, decided, rows };
}

/** All of it as a view. @throws ReadroomError `unknownRound`, `notPermitted` */
export function openAdjudication(session: ProjectSession, round: string): Promise<View> {
  const { images } = disputedImages(session, requireClosed(session, round));
  // The schema takes no longer list than a page may send.
  return session.views.open({ ...imageQuerySchema.parse({ sort: { by: 'given' } }), images }, []);
}

/**
 * What was said and decided, under the images that stand for these in the worklists; those that were not read in the
 * round are left out.
 * @throws ReadroomError `unknownRound`, `notPermitted`
 */
export function roundWordsOn(
  session: ProjectSession,
  { round, images }: { round: string; images: readonly string[] },
): Disagreement[] {
  const row = requireClosed(session, round);
  const listed = images.flatMap((image) => session.rounds.listedImage(row, image) ?? []);
  return disagreementsOn(session, row, [...new Set(listed)]);
}

/** What was said and what was decided of images of a round's worklists, in the order given. */
function disagreementsOn(session: ProjectSession, row: RoundRow, images: readonly string[]): Disagreement[] {
  const names = session.projects.classNames();
  const readers = new Map(session.projects.readers().map(({ reader, name }) => [reader, name]));
  const shown = ({ reader, value }: RoundWord): Disagreement['words'][number] => ({
    ...toReaderLabel(value, names),
    reader: readers.get(reader) ?? reader,
  });
  const found = new Map(
    images.map((image): [string, Disagreement] => [image, { image, words: [], decided: null }]),
  );
  for (const word of session.rounds.wordsOn(row, images)) found.get(word.image)?.words.push(shown(word));
  for (const word of session.rounds.decisions(row)) {
    const of = found.get(word.image);
    if (of && isLabel(word.value)) of.decided = shown(word);
  }
  return [...found.values()];
}

/**
 * An adjudicator's word, which stands over the readers'. Answers with what is now said of the image, under the image
 * that stands for it in the worklists.
 * @throws ReadroomError as labelling does; `notPermitted` for an image that was not read in the round
 */
export function adjudicate(
  session: ProjectSession,
  {
    round,
    reader,
    image,
    change,
  }: { round: string; reader: string; image: string; change: LabelChangeInput },
): LabelAction<Disagreement> {
  const row = requireClosed(session, round);
  const listed = requireListed(session, row, image);
  const action = assignLabels(session, [image], { change, reader, round: adjudicationOf(round) });
  return { ...action, result: disagreementsOn(session, row, [listed])[0]! };
}
