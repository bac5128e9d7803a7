import { headLayer, type Layer, type Network, tableName } from './network.ts';

/** How a network reads the clinical table beside the picture. */
export interface TableFusion {
  /** `both`: joined with what the picture gave; `only`: the picture is not looked at. */
  readonly use: 'both' | 'only';
  /** Units of the dense layer that reads the table. */
  readonly units: number;
  readonly features: number;
}

/** Names of the layers that late fusion adds. */
const denseName = 'table_dense';
const joinedName = 'table_joined';

/**
 * Late fusion: a dense layer reads the table's features, and its units stand beside what the picture's layers gave to
 * the last one. With `only` the last layer reads the table's units alone.
 *
 * @throws Error for a network that answers for pixels
 */
export function withTable(network: Network, { use, units, features }: TableFusion): Network {
  const head = headLayer(network);
  if (head.kind !== 'dense') throw new Error(`Network ${network.id} has no place for a clinical table`);
  const dense: Layer = { kind: 'dense', name: denseName, input: tableName, units, activation: 'relu' };
  if (use === 'only')
    return { ...network, tableSize: features, layers: [dense, { ...head, input: denseName }] };
  const joined: Layer = { kind: 'concat', name: joinedName, inputs: [head.input, denseName] };
  return {
    ...network,
    tableSize: features,
    layers: [...network.layers.slice(0, -1), dense, joined, { ...head, input: joinedName }],
  };
}
