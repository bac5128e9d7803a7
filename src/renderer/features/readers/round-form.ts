import { type ImageQuery, imageQuerySchema, type SavedView } from '../../../contract/image.ts';
import type { LabelLevel } from '../../../contract/project.ts';
import type { ReadingRound } from '../../../contract/round.ts';
import { count, counted } from '../../../core/words.ts';

type Assignment = ReadingRound['assignment'];

/** What a new round is made of, as the form has it. */
export interface RoundForm {
  name: string;
  /** `selection`, `all`, `unlabelled`, or the id of a saved view. */
  images: string;
  readers: string[];
  kind: Assignment['kind'];
  /** Readers an image, where not all read all. */
  overlap: number;
  washoutDays: number;
  /** In the label's unit; 0: any difference is a disagreement. */
  tolerance: number;
  seed: number;
}

/** The images of a choice; each thing that labels are said of once. */
export function queryOf(choice: string, views: readonly SavedView[], level: LabelLevel): ImageQuery {
  const view = views.find(({ id }) => id === choice);
  const query = view?.query ?? imageQuerySchema.parse(choice === 'unlabelled' ? { status: [choice] } : {});
  return level === 'image' ? query : { ...query, per: level };
}

export const assignmentOf = ({ kind, overlap }: RoundForm): Assignment =>
  kind === 'overlap' ? { kind, k: overlap } : { kind };

/** What keeps a form from being a round; null: nothing. */
export function formProblem(
  { name, readers, kind, overlap, tolerance }: RoundForm,
  images: number,
): string | null {
  if (name.trim() === '') return 'Give the round a name.';
  if (images === 0) return 'Choose images: there are none in this choice.';
  if (readers.length === 0) return 'Choose who reads.';
  if (tolerance < 0) return 'Give a tolerance of 0 or more.';
  if (kind !== 'overlap') return null;
  if (!Number.isInteger(overlap) || overlap < 1) return 'Give a whole number of readers for each image.';
  if (overlap > readers.length) return `Choose at least ${overlap} readers, or let fewer read each image.`;
  return null;
}

/** How much each reader gets: "Each of 3 readers reads about 80 of the 120 images; 2 readers an image." */
export function workText(assignment: Assignment, images: number, readers: number, unit: string): string {
  if (readers === 0 || images === 0) return '';
  const things = counted(images, unit);
  const each = readers === 1 ? 'The reader' : `Each of ${readers} readers`;
  const perImage = readersEach(assignment, readers);
  const alone = perImage === 1 ? ` Nothing can be compared: each ${unit} has one reader.` : '';
  if (perImage === readers) return `${each} reads all ${things}.${alone}`;
  const share = count((images * perImage) / readers);
  return `${each} reads about ${share} of the ${things}, patients kept whole; ${counted(perImage, 'reader')} each.${alone}`;
}

function readersEach(assignment: Assignment, readers: number): number {
  if (assignment.kind === 'all') return readers;
  return assignment.kind === 'share' ? 1 : assignment.k;
}

/** `read by all`, `dealt out, one reader each`, `2 readers each`. */
export function assignmentText(assignment: Assignment): string {
  if (assignment.kind === 'all') return 'read by all';
  return assignment.kind === 'share' ? 'one reader each' : `${counted(assignment.k, 'reader')} each`;
}

/** `up to 2 mm apart agree`; empty without a tolerance. */
export const toleranceText = (tolerance: number, unit: string): string =>
  tolerance === 0 ? '' : `up to ${tolerance}${unit === '' ? '' : ` ${unit}`} apart agree`;
