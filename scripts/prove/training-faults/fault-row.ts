import type { Answers } from './watch-answers.ts';

/** What a fault led to beside what was wanted. */
export interface FaultRow {
  fault: string;
  wanted: string;
  got: string;
  /** What the user is told. */
  sentence: string;
  answers: Answers | null;
}

const answerLimitMs = 1000;

/** Whether it came as wanted, and the engine answered in time. */
export function isAsWanted({ wanted, got, answers }: FaultRow): boolean {
  return got === wanted && (answers === null || (answers.worstReadMs < answerLimitMs && answers.labels > 0));
}

export function describeRow({ fault, got, sentence, answers }: FaultRow): string {
  const ms = (value: number): string => `${Math.ceil(value)} ms`;
  const cells = [
    fault,
    got,
    sentence.replaceAll('|', '\\|'),
    answers === null ? '' : `${ms(answers.worstReadMs)} of ${answers.reads}`,
    answers === null ? '' : `${answers.labels} in ${ms(answers.worstLabelMs)} at most`,
  ];
  return `| ${cells.join(' | ')} |`;
}
