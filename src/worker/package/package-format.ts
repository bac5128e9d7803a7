import type { ExportFormat } from '../../contract/run.ts';
import type { ModelFile } from '../../contract/run-folder.ts';
import type { Network } from '../../nn/network.ts';
import type { Weights } from '../../nn/weights.ts';

/** Probabilities (n × classes) of n preprocessed inputs (n × height × width × channels). */
export type Predict = (inputs: Float32Array, n: number) => Promise<Float32Array>;

/** A model opened in a format's own runtime, until `close`. */
export interface OpenModel {
  readonly predict: Predict;
  close(): Promise<void>;
}

/** What a model must answer to. */
export interface ModelShape {
  readonly size: number;
  readonly channels: number;
  readonly classes: number;
}

/** A trained network with its weights and the file that describes both. */
export interface TrainedModel {
  readonly model: ModelFile;
  readonly network: Network;
  readonly weights: Weights;
}

/** One way of handing a model over. Its files live in the package's folder named after it. */
export interface PackageFormat {
  readonly id: ExportFormat;
  /** As people call it. */
  readonly name: string;
  /** Its runtime computes on the tensor backend that is set; `open` needs one. */
  readonly usesTensorBackend: boolean;
  /** Writes the model into `folder`, which exists. */
  write(folder: string, trained: TrainedModel): Promise<void>;
  /**
   * Opens what stands in `folder` with the format's own runtime.
   * @throws ReadroomError `badPackage`, whose message is a sentence without the format's name
   */
  open(folder: string, shape: ModelShape): Promise<OpenModel>;
}
