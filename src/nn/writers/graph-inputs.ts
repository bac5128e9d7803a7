import { inputName, inputsOf, type Network, outputShapes, tableName } from '../network.ts';

/** What a written model is fed, without the batch dimension. */
export interface GraphInput {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Inputs that some layer reads: the picture, then the row of the clinical table. */
export function graphInputs(network: Network): GraphInput[] {
  const read = new Set(network.layers.flatMap(inputsOf));
  const shapes = outputShapes(network);
  return [inputName, tableName]
    .filter((name) => read.has(name))
    .map((name) => ({ name, shape: shapes.get(name)! }));
}
