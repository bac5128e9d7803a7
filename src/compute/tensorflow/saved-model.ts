import type { Attribute, Constant, ElementType, GraphNode } from './graph.ts';

/** Of `tensorflow/core/framework/types.proto`. */
const typeCodes: Readonly<Record<ElementType, number>> = {
  float32: 1,
  int32: 3,
  uint8: 4,
  int64: 9,
  bool: 10,
  resource: 20,
  uint64: 23,
};

/** What is used of the messages that tfjs-node generated from TensorFlow's `.proto` files (they have no types). */
export interface ProtobufMessages {
  readonly AttrValue: MessageClass & { readonly ListValue: MessageClass };
  readonly GraphDef: MessageClass;
  readonly MetaGraphDef: MessageClass & { readonly MetaInfoDef: MessageClass };
  readonly NodeDef: MessageClass;
  readonly SavedModel: MessageClass;
  readonly Tensor: MessageClass;
  readonly TensorShape: MessageClass & { readonly Dim: MessageClass };
  readonly VersionDef: MessageClass;
}
type MessageClass = new () => Message;
interface Message {
  [setter: `${'set' | 'add'}${string}`]: (value: unknown) => void;
  getAttrMap(): { set(key: string, value: Message): void };
  serializeBinary(): Uint8Array;
}

/** The version of graphs that the operations used here have their present meaning in (TensorFlow 2.9 and later). */
const graphVersion = 1087;

/** The bytes of a `saved_model.pb` with one graph, tagged `serve`, that has no variables of its own. */
export function encodeSavedModel(nodes: readonly GraphNode[], messages: ProtobufMessages): Uint8Array {
  const make = maker(messages);
  const graph = new messages.GraphDef();
  graph.setNodeList!(nodes.map(make.node));
  const versions = new messages.VersionDef();
  versions.setProducer!(graphVersion);
  graph.setVersions!(versions);
  const info = new messages.MetaGraphDef.MetaInfoDef();
  info.addTags!('serve');
  const meta = new messages.MetaGraphDef();
  meta.setMetaInfoDef!(info);
  meta.setGraphDef!(graph);
  const model = new messages.SavedModel();
  model.setSavedModelSchemaVersion!(1);
  model.addMetaGraphs!(meta);
  return model.serializeBinary();
}

function maker(messages: ProtobufMessages) {
  const shapeOf = (lengths: readonly number[]): Message => {
    const shape = new messages.TensorShape();
    for (const length of lengths) {
      const dimension = new messages.TensorShape.Dim();
      dimension.setSize!(length);
      shape.addDim!(dimension);
    }
    return shape;
  };
  const tensorOf = ({ dtype, shape, bytes }: Constant): Message => {
    const tensor = new messages.Tensor();
    tensor.setDtype!(typeCodes[dtype]);
    tensor.setTensorShape!(shapeOf(shape));
    tensor.setTensorContent!(bytes);
    return tensor;
  };
  const attributeOf = (attribute: Attribute): Message => {
    const value = new messages.AttrValue();
    if ('type' in attribute) value.setType!(typeCodes[attribute.type]);
    else if ('int' in attribute) value.setI!(attribute.int);
    else if ('float' in attribute) value.setF!(attribute.float);
    else if ('bool' in attribute) value.setB!(attribute.bool);
    else if ('string' in attribute) value.setS!(Buffer.from(attribute.string));
    else if ('shape' in attribute) value.setShape!(shapeOf(attribute.shape));
    else if ('tensor' in attribute) value.setTensor!(tensorOf(attribute.tensor));
    else {
      const list = new messages.AttrValue.ListValue();
      list.setIList!([...attribute.ints]);
      value.setList!(list);
    }
    return value;
  };
  return {
    node: ({ name, op, inputs, attributes }: GraphNode): Message => {
      const node = new messages.NodeDef();
      node.setName!(name);
      node.setOp!(op);
      node.setInputList!([...inputs]);
      for (const [key, attribute] of Object.entries(attributes))
        node.getAttrMap().set(key, attributeOf(attribute));
      return node;
    },
  };
}
