import type { Finding } from '../scripts/prove/lib/record.ts';

export interface BenchOptions {
  /** Where what takes long to make is kept between runs. */
  cache: string;
  /** Images of the large project on the screen. */
  images: number;
  /** Images of the project that is rows only. */
  rows: number;
  /** Images of the folder of JPEG films. */
  films: number;
  /** How often each contestant of a comparison runs, in turns with the others. */
  repeats: number;
  /** A tenth of the steps, to try a benchmark out; its figures are rough. */
  quick: boolean;
  /** Which form of Readroom's training step is timed. */
  step: StepForm;
}

export const stepForms = ['compiled', 'eager'] as const;
/** `compiled`: one TensorFlow graph, as a training uses it. `eager`: the same step, operation by operation. */
export type StepForm = (typeof stepForms)[number];

/** The default export of a file beside this one. */
export interface Benchmark {
  name: string;
  /** Name of its record in docs/proofs. */
  record: string;
  description: string;
  run(options: BenchOptions): Promise<Omit<Finding, 'description'>>;
}

/** Steps to measure. */
export const stepsOf = (steps: number, { quick }: Pick<BenchOptions, 'quick'>): number =>
  quick ? Math.max(2, Math.round(steps / 10)) : steps;
