import { type TfjsForm } from './tfjs-form.ts';

/** One entry of `weights.bin`. */
export interface TfjsTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly bytes: Uint8Array;
}

/** What the two forms of a TensorFlow.js model do not share. */
export interface TfjsModel {
  /** Fields of `model.json`. */
  readonly head: {
    readonly format: TfjsForm;
    readonly modelTopology: object;
    readonly signature?: object;
  };
  /** In the order of `weights.bin`. */
  readonly tensors: readonly TfjsTensor[];
}
