import type { RoundAgreement } from '../../contract/round.ts';
import type { LabelKind } from '../../contract/project.ts';
import type { Readings } from '../../core/agreement-measures.ts';
import { groupAgreement, numberDifference, pairAgreement } from '../../core/reading-agreement.ts';
import { numberPatients } from '../../core/resample.ts';
import type { ProjectSession } from '../project/session.ts';
import { inTurns } from '../turns.ts';
import { recordValues, type RoundLabel } from './round-words.ts';
import { requireClosed } from './rounds.ts';

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
      ...{ ratings, patients, scale: compared.scale, tolerance: row.tolerance },
      categories: compared.categories.length,
    };
    const isNumber = compared.scale === 'interval';
    const pairs: Pair[] = [];
    for (let first = 0; first < readers.length; first += 1) {
      for (let second = first + 1; second < readers.length; second += 1) {
        const [a, b] = [ratings[first]!, ratings[second]!];
        pairs.push({
          readers: [readers[first]!.name, readers[second]!.name],
          measures: await inTurns(pairAgreement(readings, first, second, seed)),
          categories: compared.categories,
          cells: cellsOf(compared, images, a, b),
          difference: isNumber ? await inTurns(numberDifference(readings, first, second, seed)) : null,
          points: isNumber ? pointsOf(images, a, b) : [],
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

function pointsOf(
  images: readonly string[],
  a: readonly (number | null)[],
  b: readonly (number | null)[],
): Pair['points'] {
  return images.flatMap((image, unit) => {
    const [first, second] = [a[unit], b[unit]];
    return first == null || second == null ? [] : [{ image, first, second }];
  });
}
