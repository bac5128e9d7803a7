import type { BackendReport } from '../contract/system.ts';
import type { Predictor, PredictorOptions, StepOptions, TrainingStep } from '../nn/step.ts';

export type BackendId = 'tensorflow' | 'webgpu' | 'cpu';

export interface LoadOptions {
  /** Threads of one operation. Fixed for the life of the process by the first load. */
  readonly threads: number;
}

/** Something that a user would want to know of and mend; sentences. */
export interface Drawback {
  readonly reason: string;
  readonly remedy: string;
}

/** A backend that tfjs now computes on, in this process. */
export interface LoadedBackend {
  readonly id: BackendId;
  /** What computes, in words; begins with "CPU" where that is the processor, a software renderer's too. */
  readonly device: string;
  /** Of the library that computes. */
  readonly version: string;
  readonly threads: number;
  /** Why it does not compute on a graphics card although something here is meant for one. */
  readonly drawback: Drawback | null;
  /** A new training step without a state. */
  createStep(options: StepOptions): TrainingStep;
  createPredictor(options: PredictorOptions): Predictor;
}

/** One backend of the list in index.ts. */
export interface Backend {
  readonly id: BackendId;
  /** The highest that answers is chosen. */
  readonly priority: number;
  /** Loads it and computes something small; never throws. `reason` and `remedy` are sentences. */
  probe(): Promise<BackendReport>;
  /** @throws ReadroomError `backendUnavailable` with what is missing and what to do */
  load(options: LoadOptions): Promise<LoadedBackend>;
}
