import { type SplitPart, splitParts } from '../contract/split.ts';
import { ReadroomError } from '../contract/errors.ts';

export type Shares = Record<SplitPart, number>;
type Wishes = Record<SplitPart, number | null>;

export const defaultShares: Shares = { train: 0.7, val: 0.15, test: 0.15 };
/** Of the images left for training, when val is missing beside imported parts. */
const missingValShare = 0.1;
const tolerance = 1e-6;

/**
 * Shares for a split from nothing: those given, the rest divided among the others as .7 : .15 : .15.
 *
 * @throws ReadroomError `usage` when they cannot sum to 1 or leave nothing to train on.
 */
export function freshShares(wishes: Wishes): Shares {
  checkWishes(wishes);
  const given = splitParts.filter((part) => wishes[part] !== null);
  const sum = given.reduce((total, part) => total + wishes[part]!, 0);
  const open = splitParts.filter((part) => wishes[part] === null);
  const openWeight = open.reduce((total, part) => total + defaultShares[part], 0);
  const rest = Math.max(0, 1 - sum);
  const shareOf = (part: SplitPart): number => {
    const share = wishes[part] ?? (rest * defaultShares[part]) / openWeight;
    return share < tolerance ? 0 : share;
  };
  const shares = { train: shareOf('train'), val: shareOf('val'), test: shareOf('test') };
  if (shares.train === 0) throw nothingToTrainOn(wishes);
  return shares;
}

/**
 * Shares of the images that are neither imported val nor test, when some parts were imported: a part that
 * stands takes none; missing test takes .15 of all images and missing val a tenth of what is left, unless
 * a share of all images is given.
 *
 * @param labelled labelled images in all.
 * @param free those of them that may be placed.
 * @throws ReadroomError `usage` when nothing is left to train on.
 */
export function sharesBesideImported(
  wishes: Wishes,
  present: Record<SplitPart, boolean>,
  labelled: number,
  free: number,
): Shares {
  checkWishes(wishes);
  const ofFree = (share: number): number => (share * labelled) / free;
  const test = present.test ? 0 : ofFree(wishes.test ?? defaultShares.test);
  const val = present.val ? 0 : wishes.val === null ? missingValShare * (1 - test) : ofFree(wishes.val);
  const train = 1 - test - val;
  if (train < tolerance) throw nothingToTrainOn(wishes);
  return { train, val, test };
}

function checkWishes(wishes: Wishes): void {
  const given = splitParts.filter((part) => wishes[part] !== null);
  for (const part of given) {
    const share = wishes[part]!;
    if (!(share >= 0 && share <= 1))
      throw new ReadroomError(
        'usage',
        `The ${part} share is ${share}.`,
        'Shares lie between 0 and 1, such as .7 .15 .15.',
      );
  }
  const sum = given.reduce((total, part) => total + wishes[part]!, 0);
  const listed = given.map((part) => `${part} ${wishes[part]}`).join(', ');
  if (given.length === 3 && Math.abs(sum - 1) > tolerance)
    throw new ReadroomError(
      'usage',
      `The shares ${listed} sum to ${round(sum)}, not to 1.`,
      'Give shares that sum to 1, or leave one out: it takes the rest.',
    );
  if (sum > 1 + tolerance)
    throw new ReadroomError(
      'usage',
      `The shares ${listed} sum to ${round(sum)}, more than 1.`,
      'Give smaller shares.',
    );
}

function nothingToTrainOn(wishes: Wishes): ReadroomError {
  const listed = splitParts
    .filter((part) => wishes[part] !== null)
    .map((part) => `${part} ${wishes[part]}`)
    .join(', ');
  return new ReadroomError(
    'usage',
    `The shares ${listed} leave no image to train on.`,
    'Give smaller shares for val and test, such as .15 each.',
  );
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
