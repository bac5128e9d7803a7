import { counted } from '../../core/words.ts';

const words: Readonly<Record<string, string>> = {
  train: 'training',
  rerun: 'training again',
  import: 'import',
  split: 'split',
  evaluate: 'evaluation',
  compare: 'comparison of runs',
  predict: 'second opinion',
  report: 'report',
  export: 'export',
  verify: 'package check',
  exportLabels: 'export of labels',
  importLabels: 'import of labels',
  sample: 'sample films',
  merge: 'merge',
  weights: 'starting weights',
  thumbnails: 'small pictures',
  findDuplicates: 'search for duplicates',
  previewAugmentation: 'augmentation preview',
};

/** A kind of job as people call it. */
export const jobWord = (kind: string): string => words[kind] ?? kind;

/**
 * What is at work in a few words, with the preparation that it still is in: `training: preparing pictures`.
 *
 * @param preparation a note of the job; '' once the work itself goes on
 */
export function workWords(kind: string, preparation: string): string {
  if (preparation === '') return jobWord(kind);
  return `${jobWord(kind)}: ${preparation.charAt(0).toLowerCase()}${preparation.slice(1)}`;
}

/** What is said while nothing is at work. @param waiting runs in the queue */
export function idleWords(waiting: number, isQueuePaused: boolean): string {
  if (waiting === 0) return 'Nothing is running';
  const runs = `${counted(waiting, 'run')} ${waiting === 1 ? 'waits' : 'wait'}`;
  return isQueuePaused ? `The queue is paused: ${runs}` : runs;
}
