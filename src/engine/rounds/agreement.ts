import { adjudicationMark, type Disagreement, type RoundAgreement } from '../../contract/round.ts';
import type { LabelChangeInput } from '../../contract/label.ts';
import type { LabelKind } from '../../contract/project.ts';
import type { RoundRow, RoundWord } from '../db/round-repository.ts';
import { groupAgreement, pairAgreement, type Readings } from '../../core/reading-agreement.ts';
import { numberPatients } from '../../core/resample.ts';
import { toReaderLabel } from '../dataset/reader-label.ts';
import { assignLabels, type LabelAction } from '../label/label-service.ts';
import type { ProjectSession } from '../project/session.ts';
import { inTurns } from '../turns.ts';
import { disagreeing, recordValues, type RoundLabel } from './round-words.ts';
import { requireClosed, requireListed } from './rounds.ts';

type Part = RoundAgreement['parts'][number];
type Pair = Part['pairs'][number];

/** One of the things that are compared: of a multi-label project one class, else the label. */
interface Compared {
  class: string | null;
  scale: Readings['scale'];
  /** Names of categories; empty for numbers. */
  categories: string[];
  /** The rating of a label: a category from 0 or a number; null where the class is none any more. */
  rate: (label: RoundLabel) => number | null;
}

const seed = 1;

/** How well the readers of a closed round agree. @throws ReadroomError `unknownRound`, `notPermitted` */
export async function roundAgreement(session: ProjectSession, round: string): Promise<RoundAgreement> {
  const row = requireClosed(session, round);
  const labels = recordValues(session, row, session.rounds.words(row));
  const readers = session.rounds.assigned(round);
  const images = [...new Set(labels.map(({ image }) => image))].sort();
  const groups = session.dataset.groupKeys();
  const patients = numberPatients(
    images.map((image) => ({ patient: groups.get(image) ?? `image ${image}` })),
  );
  const place = new Map(images.map((image, index) => [image, index]));
  const parts: Part[] = [];
  for (const compared of comparedIn(session, row.kind)) {
    const ratings = readers.map(() => new Array<number | null>(images.length).fill(null));
    for (const label of labels) {
      const row = readers.findIndex(({ reader }) => reader === label.reader);
      if (row >= 0) ratings[row]![place.get(label.image)!] = compared.rate(label);
    }
    const readings: Readings = {
      ...{ ratings, patients, scale: compared.scale },
      categories: compared.categories.length,
    };
    const pairs: Pair[] = [];
    for (let first = 0; first < readers.length; first += 1) {
      for (let second = first + 1; second < readers.length; second += 1) {
        const [a, b] = [ratings[first]!, ratings[second]!];
        pairs.push({
          readers: [readers[first]!.name, readers[second]!.name],
          measures: await inTurns(pairAgreement(readings, first, second, seed)),
          categories: compared.categories,
          cells: cellsOf(compared, images, a, b),
          difference: compared.scale === 'interval' ? differenceOf(a, b) : null,
        });
      }
    }
    const group = await inTurns(groupAgreement(readings, seed));
    parts.push({ class: compared.class, scale: compared.scale, group, pairs });
  }
  return { round, parts };
}

function comparedIn(session: ProjectSession, kind: LabelKind): Compared[] {
  const classes = session.projects.allClasses().filter(({ retiredAt }) => retiredAt === null);
  if (kind === 'number') {
    const rate = ({ value }: RoundLabel): number | null => ('number' in value ? value.number : null);
    return [{ class: null, scale: 'interval', categories: [], rate }];
  }
  if (kind === 'multi') {
    return classes.map(({ id, name }) => ({
      class: name,
      scale: 'nominal',
      categories: [`no ${name}`, name],
      rate: ({ value }) => ('classes' in value ? Number(value.classes.includes(id)) : null),
    }));
  }
  const place = new Map(classes.map(({ id }, index) => [id, index]));
  const rate = ({ value }: RoundLabel): number | null =>
    'class' in value ? (place.get(value.class) ?? null) : null;
  const scale = kind === 'ordinal' ? 'ordinal' : 'nominal';
  return [{ class: null, scale, categories: classes.map(({ name }) => name), rate }];
}

function cellsOf(
  { categories }: Compared,
  images: readonly string[],
  a: readonly (number | null)[],
  b: readonly (number | null)[],
): string[][][] {
  const cells = categories.map(() => categories.map((): string[] => []));
  for (const [unit, image] of images.entries()) {
    const [first, second] = [a[unit], b[unit]];
    if (first != null && second != null) cells[first]?.[second]?.push(image);
  }
  return cells;
}

/** Mean difference (second − first) and its 95 % limits of agreement (Bland, Altman 1986). */
function differenceOf(a: readonly (number | null)[], b: readonly (number | null)[]): Pair['difference'] {
  const differences = a.flatMap((first, unit) => {
    const second = b[unit];
    return first === null || second == null ? [] : [second - first];
  });
  if (differences.length < 2) return null;
  const mean = differences.reduce((sum, one) => sum + one, 0) / differences.length;
  const squares = differences.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (differences.length - 1));
  return { mean, low: mean - 1.96 * deviation, high: mean + 1.96 * deviation };
}

/** Where the readers of a closed round disagree, undecided ones first. @throws ReadroomError `unknownRound`, `notPermitted` */
export function roundDisagreements(session: ProjectSession, round: string): Disagreement[] {
  const row = requireClosed(session, round);
  const words = session.rounds.words(row);
  const images = disagreeing(recordValues(session, row, words));
  const all = disagreementsOn(session, row, words).filter(({ image }) => images.has(image));
  return all.sort(
    (a, b) => Number(a.decided !== null) - Number(b.decided !== null) || (a.image < b.image ? -1 : 1),
  );
}

/** What was said, and what was decided, of each image of which anything was. */
function disagreementsOn(
  session: ProjectSession,
  row: RoundRow,
  words: readonly RoundWord[],
): Disagreement[] {
  const names = session.projects.classNames();
  const readers = new Map(session.projects.readers().map(({ reader, name }) => [reader, name]));
  const shown = ({ reader, value }: RoundWord): Disagreement['words'][number] => ({
    ...toReaderLabel(value, names),
    reader: readers.get(reader) ?? reader,
  });
  const decisions = new Map(session.rounds.decisions(row).map((word) => [word.image, shown(word)]));
  const byImage = new Map(
    [...decisions].map(([image, decided]): [string, Disagreement] => [image, { image, words: [], decided }]),
  );
  for (const word of words) {
    const known = byImage.get(word.image);
    if (known) known.words.push(shown(word));
    else {
      const { image } = word;
      byImage.set(image, { image, words: [shown(word)], decided: null });
    }
  }
  return [...byImage.values()];
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
  const action = assignLabels(session, [image], { change, reader, round: round + adjudicationMark });
  const words = session.rounds.words(row).filter((word) => word.image === listed);
  const result = disagreementsOn(session, row, words).find((one) => one.image === listed);
  return { ...action, result: result ?? { image: listed, words: [], decided: null } };
}
