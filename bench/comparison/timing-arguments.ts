/** What is timed, in the order of the command line: `network size scale batch trainSteps inferSteps threads`. */
export interface TimingArguments {
  readonly network: string;
  readonly size: number;
  /** Of every layer's width. */
  readonly scale: number;
  readonly batch: number;
  readonly trainSteps: number;
  readonly inferSteps: number;
  readonly threads: number;
}

export function timingArguments(of: TimingArguments): string[] {
  const { network, size, scale, batch, trainSteps, inferSteps, threads } = of;
  return [network, size, scale, batch, trainSteps, inferSteps, threads].map(String);
}

/** Those of this process. */
export function readTimingArguments(): TimingArguments {
  const [network, ...numbers] = process.argv.slice(2, 9);
  const [size, scale, batch, trainSteps, inferSteps, threads] = numbers.map(Number);
  if (
    network === undefined ||
    threads === undefined ||
    numbers.some((text) => !Number.isFinite(Number(text)))
  )
    throw new Error('Usage: PROGRAM NETWORK SIZE SCALE BATCH TRAIN_STEPS INFER_STEPS THREADS');
  return {
    network,
    size: size!,
    scale: scale!,
    batch: batch!,
    trainSteps: trainSteps!,
    inferSteps: inferSteps!,
    threads,
  };
}
