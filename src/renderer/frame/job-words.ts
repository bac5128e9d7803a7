import { counted } from '../../core/words.ts';

const words: Readonly<Record<string, string>> = {
  train: 'training',
  rerun: 'training again',
  import: 'import',
  split: 'split',
  evaluate: 'evaluation',
  predict: 'second opinion',
  report: 'report',
  export: 'export',
  verify: 'package check',
  sample: 'sample films',
  thumbnails: 'small pictures',
  findDuplicates: 'search for duplicates',
  previewAugmentation: 'augmentation preview',
};

/** A kind of job as people call it. */
export const jobWord = (kind: string): string => words[kind] ?? kind;

/** What is said while nothing is at work. @param waiting runs in the queue */
export function idleWords(waiting: number, isQueuePaused: boolean): string {
  if (waiting === 0) return 'Nothing is running';
  const runs = `${counted(waiting, 'run')} ${waiting === 1 ? 'waits' : 'wait'}`;
  return isQueuePaused ? `The queue is paused: ${runs}` : runs;
}
