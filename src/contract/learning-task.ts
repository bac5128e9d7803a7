import { z } from 'zod';

/** Names in the order of the outputs. */
const names = z.array(z.string());

/**
 * What a network is taught to say of a picture. It follows from what labels of the project are, the network and the
 * recipe's `output`; a run's manifest, its model and a package hold it.
 */
export const learningTaskSchema = z.discriminatedUnion('kind', [
  /** One of several classes: softmax over them. */
  z.object({ kind: z.literal('multiClass'), classes: names.min(2) }),
  /** One of two classes: one sigmoid, the probability of the second one. */
  z.object({ kind: z.literal('binary'), classes: names.length(2) }),
  /** Any of several classes: a sigmoid each. */
  z.object({ kind: z.literal('multiLabel'), classes: names.min(1) }),
  /**
   * Grades in ascending order: sigmoid k is the probability of being above grade k for what is at least grade k, so
   * that the grades' probabilities always add up to 1 (CORN; Shi, Cao, Raschka 2021).
   */
  z.object({ kind: z.literal('ordinal'), classes: names.min(2) }),
  /** A number: one linear output, of a trained model in the number's own unit. */
  z.object({
    kind: z.literal('regression'),
    unit: z.string(),
    low: z.number().nullable(),
    high: z.number().nullable(),
  }),
  /** A class of every pixel: softmax over the background, which is output 0, and the classes. */
  z.object({ kind: z.literal('segmentation'), classes: names.min(1) }),
]);
export type LearningTask = z.infer<typeof learningTaskSchema>;
export type LearningTaskKind = LearningTask['kind'];

/** The task of a manifest or a model; those of before there were several are of one of several classes. */
export function taskOf({
  task,
  classes,
}: {
  task?: LearningTask | undefined;
  classes: string[];
}): LearningTask {
  return task ?? { kind: 'multiClass', classes };
}

/** The classes that a task tells apart; none of a number. Of masks without the background. */
export function classesOf(task: LearningTask): readonly string[] {
  return task.kind === 'regression' ? [] : task.classes;
}

/** Whether a picture has one of the classes: its answers are probabilities that add up to 1. */
export function saysOneClass({ kind }: LearningTask): boolean {
  return kind === 'multiClass' || kind === 'binary' || kind === 'ordinal';
}

/**
 * What is true of an image: the class's position (`multiClass`, `binary`, `ordinal`), positions of all that are present
 * (`multiLabel`), the number (`regression`), of a segmentation the slot of its mask.
 */
export const truthSchema = z.union([z.number(), z.array(z.int())]);
export type Truth = z.infer<typeof truthSchema>;

/** Whether two truths of one task say the same; classes that are present stand in any order. */
export function isSameTruth(a: number | readonly number[], b: number | readonly number[]): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b;
  const [first, second] = [new Set(a), new Set(b)];
  return first.size === second.size && [...first].every((label) => second.has(label));
}

/** A truth of a task that says one class. @throws Error for a set of classes */
export function classOf(truth: Truth): number {
  if (typeof truth !== 'number') throw new Error('A set of classes is not one class');
  return truth;
}

/** Class of a pixel that a mask does not judge. */
export const notJudged = 255;
