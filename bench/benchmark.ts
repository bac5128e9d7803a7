import type { Finding } from '../scripts/prove/lib/record.ts';

export interface BenchOptions {
  /** Where what takes long to make is kept between runs. */
  cache: string;
  images: number;
  /** Images of the project that is rows only. */
  rows: number;
}

/** The default export of a file beside this one. */
export interface Benchmark {
  name: string;
  /** Name of its record in docs/proofs. */
  record: string;
  description: string;
  run(options: BenchOptions): Promise<Omit<Finding, 'description'>>;
}
