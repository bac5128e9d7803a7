/** A TensorFlow graph as plain data, before it is loaded. */

export type ElementType = 'float32' | 'int32' | 'uint8' | 'bool' | 'int64' | 'uint64' | 'resource';

/** Values of a constant; bytes are little-endian, row-major. */
export interface Constant {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** An attribute as the operation's definition in TensorFlow names its kind. */
export type Attribute =
  | { readonly type: ElementType }
  | { readonly int: number }
  | { readonly float: number }
  | { readonly bool: boolean }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly shape: readonly number[] }
  | { readonly tensor: Constant };

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** `name`, `name:1` for a further output, `^name` for one that only has to be finished before. */
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A value that a node will give. */
export interface Output {
  /** As inputs and fetches name it. */
  readonly name: string;
  /** Place of the node in the graph's list. */
  readonly place: number;
  readonly shape: readonly number[];
  readonly dtype: ElementType;
}

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Of each output; none for an operation that gives nothing. */
  readonly outputs?: readonly { readonly shape: readonly number[]; readonly dtype: ElementType }[];
  /** Must be finished before. */
  readonly after?: readonly Output[];
  /** Without, one is made up. */
  readonly name?: string;
}

/** A graph under construction. Nodes come in an order in which they could be computed. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  /** Adds a node and returns its first output (for an operation without one: what others can wait for). */
  add(op: string, inputs: readonly Output[], options?: NodeOptions): Output;
  /** All outputs of a node with several. */
  addMany(op: string, inputs: readonly Output[], options: NodeOptions): Output[];
  /** Nodes from place `from` on that read this value. */
  readersSince(value: Output, from: number): Output[];
}

export function createGraph(): Graph {
  const nodes: GraphNode[] = [];
  const firstOutputs: Output[] = [];
  const names = new Set<string>();
  /** Places of the nodes that read a value, by its name. */
  const readers = new Map<string, number[]>();

  const addMany = (op: string, inputs: readonly Output[], options: NodeOptions): Output[] => {
    const { attributes = {}, outputs = [], after = [] } = options;
    const place = nodes.length;
    const name = options.name ?? `${op}_${place}`;
    if (names.has(name)) throw new Error(`Two nodes of the graph are called ${name}`);
    names.add(name);
    const waited = [...new Set(after.map((output) => `^${nodes[output.place]!.name}`))];
    nodes.push({ name, op, inputs: [...inputs.map((input) => input.name), ...waited], attributes });
    for (const input of new Set(inputs.map((one) => one.name)))
      readers.set(input, [...(readers.get(input) ?? []), place]);
    const given = outputs.map((output, i) => ({
      ...output,
      name: i === 0 ? name : `${name}:${i}`,
      place,
    }));
    firstOutputs.push(given[0] ?? { name, place, shape: [], dtype: 'resource' });
    return given;
  };
  return {
    nodes,
    addMany,
    add: (op, inputs, options = {}) => {
      addMany(op, inputs, options);
      return firstOutputs[firstOutputs.length - 1]!;
    },
    readersSince: (value, from) =>
      (readers.get(value.name) ?? []).filter((place) => place >= from).map((place) => firstOutputs[place]!),
  };
}

/** A constant node of float32 or int32 numbers. */
export function addConstant(
  graph: Graph,
  values: Float32Array | Int32Array | BigUint64Array,
  shape: readonly number[],
): Output {
  const dtype =
    values instanceof Float32Array ? 'float32' : values instanceof Int32Array ? 'int32' : 'uint64';
  const bytes = new Uint8Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength));
  return graph.add('Const', [], {
    attributes: { dtype: { type: dtype }, value: { tensor: { dtype, shape, bytes } } },
    outputs: [{ shape, dtype }],
  });
}

/** An int32 constant: a shape, or what else counts elements. */
export function shapeConstant(graph: Graph, values: readonly number[], shape = [values.length]): Output {
  return addConstant(graph, Int32Array.from(values), shape);
}
