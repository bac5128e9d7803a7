import type { WeightPlace } from './source.ts';
import type { TensorType } from './tensor-types.ts';

/** One tensor of a file. Nothing of its values is read before it is asked for. */
export interface StoredTensor {
  /** As the file has it; of Keras `<layer>/<part>`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: TensorType;
  /**
   * The values in float32, row-major, as many as the shape says.
   *
   * @throws ReadroomError `badWeights` when they cannot be read
   */
  read(): Promise<Float32Array>;
}

/** What a file tells of one of its layers beside the tensors; null is what it does not tell. */
export interface StoredLayer {
  readonly name: string;
  /** Keras' class, e.g. `Conv2D`. */
  readonly className: string;
  readonly strides: readonly [number, number] | null;
  /** Zeros above, below, left and right (`1,1,1,1`), a ZeroPadding2D before it included; `same` where they depend on the size. */
  readonly padding: string | null;
  readonly groups: number | null;
  /** What is added to the variance in a batch normalisation. */
  readonly epsilon: number | null;
}

/** Whose names and layouts a file's tensors have. */
export type Convention = 'torch' | 'keras' | 'own';

/** What a file was written by. */
export type WeightSource = 'torch' | 'safetensors' | 'keras' | 'tfjs' | 'readroom';

/** A weight file that was opened: a table of its tensors. */
export interface WeightFile {
  readonly source: WeightSource;
  readonly convention: Convention;
  /** In the file's order. */
  readonly tensors: readonly StoredTensor[];
  /** In the network's order; null where the file tells nothing of layers. */
  readonly layers: readonly StoredLayer[] | null;
  /** Gives back what reading holds. */
  close(): void;
}

/** Opens HDF5, which has no reader here: whoever calls brings one. */
export type OpenHdf5 = (place: Pick<WeightPlace, 'name' | 'bytes'>) => Promise<Hdf5File>;

/** What an HDF5 file is asked for. Paths are parted by slashes; the root is ''. */
export interface Hdf5File {
  /** Names in a group, in the file's order. Links to other files are left out. @throws ReadroomError `badWeights` */
  entries(path: string): readonly { readonly name: string; readonly isGroup: boolean }[];
  /** Text, or several; null where there is none. @throws ReadroomError `badWeights` */
  texts(path: string, attribute: string): readonly string[] | null;
  /** @throws ReadroomError `badWeights` when there is none, or of no type that weights have */
  dataset(path: string): Omit<StoredTensor, 'name'>;
  close(): void;
}

/** One format. */
export interface WeightReader {
  /** What messages call it. */
  readonly name: string;
  /** Whether a file is of this format, by its first bytes. Damaged ones may be taken for it: `open` says what is wrong. */
  recognises(place: WeightPlace): Promise<boolean>;
  /** @throws ReadroomError `badWeights` in a sentence that says what is wrong */
  open(place: WeightPlace, openHdf5: OpenHdf5): Promise<WeightFile>;
}
