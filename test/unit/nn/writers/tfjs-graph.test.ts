import { createRequire } from 'node:module';

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';

import { chooseBackend } from '../../../../src/compute/index.ts';
import type { Attribute, GraphNode } from '../../../../src/compute/tensorflow/graph.ts';
import type { ProtobufMessages } from '../../../../src/compute/tensorflow/saved-model.ts';
import { openSession, type SessionBackend } from '../../../../src/compute/tensorflow/session.ts';
import { checkedWeights } from '../../../../src/nn/writers/checked-weights.ts';
import { graphModel } from '../../../../src/nn/writers/tfjs-graph.ts';
import type { TfjsTensor } from '../../../../src/nn/writers/tfjs-model.ts';
import { kindNetworks } from './kind-networks.ts';
import {
  largestDifference,
  randomInputs,
  randomWeights,
  referenceProbabilities,
} from './reference-network.ts';

/** `NodeDef` as protobuf's JSON. */
interface JsonNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr: Readonly<Record<string, JsonAttribute>>;
}
interface JsonAttribute {
  readonly type?: 'DT_FLOAT' | 'DT_INT32';
  readonly i?: string;
  readonly f?: number;
  readonly b?: boolean;
  readonly s?: string;
  readonly list?: { readonly i: readonly string[] };
  readonly shape?: { readonly dim: readonly { readonly size: string }[] };
  readonly tensor?: object;
}

function attributeOf(attribute: JsonAttribute, constant: TfjsTensor | undefined): Attribute {
  const { type, i, f, b, s, list, shape } = attribute;
  if (attribute.tensor) return { tensor: constant! };
  if (type) return { type: type === 'DT_FLOAT' ? 'float32' : 'int32' };
  if (i !== undefined) return { int: Number(i) };
  if (f !== undefined) return { float: f };
  if (b !== undefined) return { bool: b };
  if (s !== undefined) return { string: Buffer.from(s, 'base64').toString() };
  return list ? { ints: list.i.map(Number) } : { shape: shape!.dim.map(({ size }) => Number(size)) };
}

let isNative = false;
beforeAll(async () => {
  isNative = (await chooseBackend('auto', { threads: 1 })).backend.id === 'tensorflow';
});

test.each(kindNetworks)(
  'TensorFlow itself takes the graph of %s: each node is one of its operations (skipped without the library)',
  async (_name, network) => {
    const weights = randomWeights(network, 5);
    const inputs = randomInputs(network, 2, 6);
    const expected = await referenceProbabilities(network, weights, inputs, 2);
    if (!isNative) return;
    await tf.setBackend('tensorflow');
    const { head, tensors } = graphModel(network, checkedWeights(network, weights));
    const { node: written } = head.modelTopology as { node: readonly JsonNode[] };
    const nodes = written.map(({ name, op, input = [], attr }): GraphNode => {
      const constant = tensors.find((tensor) => tensor.name === name);
      const attributes = Object.entries(attr).map(
        ([key, value]) => [key, attributeOf(value, constant)] as const,
      );
      return { name, op, inputs: input, attributes: Object.fromEntries(attributes) };
    });
    const messages = createRequire(import.meta.url)(
      '@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js',
    ) as ProtobufMessages;
    const session = openSession(tf.backend() as unknown as SessionBackend, nodes, messages);
    const end = (name: string) => ({ name, place: 0, shape: [], dtype: 'float32' as const });
    const image = tf.tensor(inputs, [2, ...network.inputShape]);
    const [output] = session.run([[end('image'), image]], [end(network.layers.at(-1)!.name)]);
    expect(largestDifference(await output!.data(), expected)).toBeLessThan(1e-5);
    tf.dispose([image, output!]);
    session.dispose();
  },
);
