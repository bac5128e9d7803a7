import { setImmediate as nextTurn } from 'node:timers/promises';

import { classesOf, type LearningTask, saysOneClass } from '../../contract/learning-task.ts';
import type { LabelClass } from '../../contract/project.ts';
import type { TrainingPlan } from '../../contract/run.ts';
import { isJudged } from '../../core/split-strata.ts';
import { counted } from '../../core/words.ts';
import type { DatasetVersion } from '../db/dataset-repository.ts';
import type { LabelledCount } from '../db/evaluation-repository.ts';
import type { IndexStamp } from '../db/index-repository.ts';
import { isSameStamp } from '../dataset/image-index.ts';
import type { ProjectSession } from '../project/session.ts';
import { labelOf, membersToday } from '../split/members.ts';
import { mapInTurns } from '../turns.ts';
import { classesShown, truthsOf } from './task.ts';

/** How many images a training would have now. */
export interface SplitNow {
  /** Of its version; null: there is none. */
  position: number | null;
  counts: TrainingPlan['counts'];
  /** Of all parts. */
  images: number;
  /** Images by class name, of masks those that are drawn on; of numbers no class is counted. */
  trainByClass: Record<string, number>;
  valByClass: Record<string, number>;
  problems: string[];
  warnings: string[];
}

/** The current split with today's labels, counted only: starting a training looks at every image. */
export async function splitNow(
  session: ProjectSession,
  task: LearningTask,
  classes: readonly LabelClass[],
): Promise<SplitNow> {
  const version = session.dataset.currentVersion();
  if (!version) {
    const problem =
      'The images are not split yet: make a split into training, validation and test parts first.';
    const empty = { position: null, counts: null, images: 0, trainByClass: {}, valByClass: {} };
    return { ...empty, problems: [problem], warnings: [] };
  }
  const counts = { train: 0, val: 0, test: 0 };
  const trainByClass = Object.fromEntries(classes.map(({ name }) => [name, 0]));
  const valByClass = { ...trainByClass };
  const classIndex = new Map(classes.map(({ id }, index) => [id, index]));
  const names = classesOf(task);
  const elsewhere = new Set<string>();
  let [drawnBySeveral, undrawn] = [0, 0];
  const found = await (task.kind === 'segmentation'
    ? judgedImages(session, version)
    : labelledCounts(session, version.position));
  const truthOf = truthsOf(task, found, classIndex);
  for (const { part, images, ...label } of found) {
    const truth = truthOf(label);
    if (truth === null) {
      if (task.kind === 'segmentation' && isJudged(label)) undrawn += images;
      continue;
    }
    counts[part] += images;
    if ((label.drawn?.readers ?? 0) > 1) drawnBySeveral += images;
    for (const name of classesShown(task, { truth, drawn: label.drawn }, classIndex).map(
      (at) => names[at]!,
    )) {
      if (part === 'val') valByClass[name]! += images;
      if (part === 'train') trainByClass[name]! += images;
      else elsewhere.add(name);
    }
  }
  const problems = (['train', 'val'] as const)
    .filter((part) => counts[part] === 0)
    .map((part) => {
      const word = part === 'train' ? 'training' : 'validation';
      return `The ${word} part of the split has no labelled image: split again with more images.`;
    });
  const lacking = [...elsewhere].filter((name) => trainByClass[name] === 0);
  if (counts.train > 0 && lacking.length > 0)
    problems.push(
      `The training part has no image of class ${lacking.join(', ')}: label some there, or split again.`,
    );
  else if (
    saysOneClass(task) &&
    counts.train > 0 &&
    Object.values(trainByClass).filter((images) => images > 0).length < 2
  )
    problems.push(
      'All images of the training part are of one class: a network needs at least two. Label images of another class, then split again.',
    );
  else if (
    task.kind === 'segmentation' &&
    counts.train > 0 &&
    !Object.values(trainByClass).some((n) => n > 0)
  )
    problems.push(nothingDrawn);
  const warnings = version.splitBy === 'image' ? ['Split by image: figures may be inflated.'] : [];
  if (counts.test === 0)
    warnings.push('The split has no test part: the model cannot be judged on unseen images.');
  if (drawnBySeveral > 0) warnings.push(severalDrew(drawnBySeveral));
  if (undrawn > 0) warnings.push(leftUndrawn(undrawn));
  const images = counts.train + counts.val + counts.test;
  return { position: version.position, counts, images, trainByClass, valByClass, problems, warnings };
}

/** Why masks cannot be learned. */
export const nothingDrawn =
  'No image of the training part is drawn on, and a network learns masks from drawings: draw masks or outlines of a class, or import masks.';

/** What to know of images that several readers drew on. */
export const severalDrew = (images: number): string =>
  `${counted(images, 'image')} ${images === 1 ? 'was' : 'were'} drawn on by several readers: what any of them drew counts.`;

/** What to know of images that are left out of masks. */
export function leftUndrawn(images: number): string {
  const [are, them] = images === 1 ? ['is', 'it'] : ['are', 'them'];
  return `${counted(images, 'image')} ${are} left out: a label says that a class is there which is drawn on other images and not on ${them}. Draw it there, or take the label away.`;
}

const knownImages = new WeakMap<
  ProjectSession,
  { stamp: IndexStamp; invalidations: number; images: LabelledCount[] }
>();

/** The split's images one by one with today's labels and drawings; read once, until something changes. */
async function judgedImages(session: ProjectSession, version: DatasetVersion): Promise<LabelledCount[]> {
  const stamp = session.stamp();
  const invalidations = session.index.invalidations();
  const known = knownImages.get(session);
  if (known?.invalidations === invalidations && isSameStamp(stamp, known.stamp)) return known.images;
  const { members } = await membersToday(session, version);
  const images = await mapInTurns(members, ({ part, ...label }) => ({ ...labelOf(label), part, images: 1 }));
  knownImages.set(session, { stamp, invalidations, images });
  return images;
}

const countedPerTurn = 10_000;

async function labelledCounts(session: ProjectSession, version: number): Promise<LabelledCount[]> {
  const all: LabelledCount[] = [];
  for (let after: string | null = ''; after !== null; await nextTurn()) {
    const { counts, next } = session.runs.labelledCounts(version, after, countedPerTurn);
    all.push(...counts);
    after = next;
  }
  return all;
}
