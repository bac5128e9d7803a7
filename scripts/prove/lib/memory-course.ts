/** A process's memory at a moment. */
export interface MemorySample {
  seconds: number;
  bytes: number;
}

/** How memory went over a long stay of a process. */
export interface MemoryCourse {
  samples: number;
  /** Means of the four quarters of the time, in MB. */
  quartersMegabytes: number[];
  highestMegabytes: number;
  /** Last quarter less the second one: the first holds what every process takes while it starts. */
  growthMegabytes: number;
  /** Of a straight line through the samples after the first quarter (least squares). */
  slopeMegabytesPerHour: number;
}

const megabyte = 1e6;

/** @param samples in order of time, four at least */
export function memoryCourse(samples: readonly MemorySample[]): MemoryCourse {
  const end = samples.at(-1)!.seconds;
  const quarter = (index: number): MemorySample[] =>
    samples.filter(({ seconds }) => Math.min(3, Math.floor((4 * seconds) / end)) === index);
  const quartersMegabytes = [0, 1, 2, 3].map((index) =>
    mean(quarter(index).map(({ bytes }) => bytes / megabyte)),
  );
  const settled = [1, 2, 3].flatMap(quarter);
  return {
    samples: samples.length,
    quartersMegabytes,
    highestMegabytes: Math.max(...samples.map(({ bytes }) => bytes)) / megabyte,
    growthMegabytes: quartersMegabytes[3]! - quartersMegabytes[1]!,
    slopeMegabytesPerHour: slope(settled) * (3600 / megabyte),
  };
}

/** Bytes a second. */
function slope(samples: readonly MemorySample[]): number {
  const [at, of] = [mean(samples.map(({ seconds }) => seconds)), mean(samples.map(({ bytes }) => bytes))];
  const products = samples.map(({ seconds, bytes }) => (seconds - at) * (bytes - of));
  const squares = samples.map(({ seconds }) => (seconds - at) ** 2);
  return sum(products) / Math.max(sum(squares), 1e-9);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / Math.max(values.length, 1);
