import onnxProto from 'onnx-proto';

import { asciiBytes, littleEndianBytes } from '../weights.ts';

const { AttributeProto, TensorProto } = onnxProto.onnx;

/** An attribute's type and value. */
export type AttributeFields = Omit<onnxProto.onnx.IAttributeProto, 'name'>;

/** A tensor of the graph being written. Pictures are channels-first inside, as Conv and MaxPool want them. */
export interface GraphTensor {
  readonly name: string;
  readonly layout: 'picture' | 'flat';
  /** Without the batch dimension, in the network's own order (height, width, channels). */
  readonly shape: readonly number[];
}

/** A graph as far as it is written, and the weights that it takes from, by name. */
export interface Graph {
  readonly nodes: onnxProto.onnx.INodeProto[];
  readonly initializers: onnxProto.onnx.ITensorProto[];
  readonly weights: ReadonlyMap<string, { shape: readonly number[]; values: Float32Array }>;
}

/** An operator with one output, called as that is. */
export function addNode(
  graph: Graph,
  opType: string,
  output: string,
  input: string[],
  attributes: Record<string, AttributeFields>,
): void {
  graph.nodes.push({
    name: output,
    opType,
    input,
    output: [output],
    attribute: Object.entries(attributes).map(([name, fields]) => ({ name, ...fields })),
  });
}

/** A constant float32 tensor. */
export function addInitializer(
  graph: Graph,
  name: string,
  shape: readonly number[],
  values: Float32Array,
): void {
  graph.initializers.push({
    name,
    dims: [...shape],
    dataType: TensorProto.DataType.FLOAT,
    rawData: littleEndianBytes(values),
  });
}

/** A constant row of int64 numbers. */
export function addIntegers(graph: Graph, name: string, values: readonly number[]): void {
  graph.initializers.push({
    name,
    dims: [values.length],
    dataType: TensorProto.DataType.INT64,
    rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
  });
}

/** A float32 tensor with a free batch dimension. */
export function valueInfo(name: string, shape: readonly number[]): onnxProto.onnx.IValueInfoProto {
  const dim = [{ dimParam: 'batch' }, ...shape.map((length) => ({ dimValue: length }))];
  return { name, type: { tensorType: { elemType: TensorProto.DataType.FLOAT, shape: { dim } } } };
}

export function ints(values: readonly number[]): AttributeFields {
  return { type: AttributeProto.AttributeType.INTS, ints: [...values] };
}

export function int(value: number): AttributeFields {
  return { type: AttributeProto.AttributeType.INT, i: value };
}

export function float(value: number): AttributeFields {
  return { type: AttributeProto.AttributeType.FLOAT, f: value };
}

export function text(value: string): AttributeFields {
  return { type: AttributeProto.AttributeType.STRING, s: asciiBytes(value) };
}
