import type { ExportFormat } from '../../contract/run.ts';
import type { ModelFile } from '../../contract/run-folder.ts';
import { type Network, tableName } from '../../nn/network.ts';
import type { GraphInput } from '../../nn/writers/graph-inputs.ts';
import type { Weights } from '../../nn/weights.ts';

/**
 * What the last layer gives (n × outputs, of a segmentation n × height × width × outputs) of n preprocessed inputs
 * (n × height × width × channels), and n × features of the clinical table for a model that reads it.
 */
export type Predict = (inputs: Float32Array, n: number, table: Float32Array | null) => Promise<Float32Array>;

/** A model opened in a format's own runtime, until `close`. */
export interface OpenModel {
  readonly predict: Predict;
  close(): Promise<void>;
}

/** What a model must answer to. */
export interface ModelShape {
  /** One or both of the picture and the row of the clinical table, in this order. */
  readonly inputs: readonly GraphInput[];
  /** Of a row's output: of every class or grade border, of a segmentation height × width × outputs. */
  readonly output: readonly number[];
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

/** The values of n rows by the names of the inputs. @throws Error for a model that reads a table which was not given */
export function inputValues(
  { inputs }: ModelShape,
  n: number,
  picture: Float32Array,
  table: Float32Array | null,
): { name: string; values: Float32Array; shape: number[] }[] {
  return inputs.map(({ name, shape }) => {
    const values = name === tableName ? table : picture;
    if (!values) throw new Error('The model reads the clinical table, and no row of it was given');
    return { name, values, shape: [n, ...shape] };
  });
}
