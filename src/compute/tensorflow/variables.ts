import * as tf from '@tensorflow/tfjs-core';

import { addConstant, type Graph, type Output, shapeConstant } from './graph.ts';
import type { Session } from './session.ts';

/** A tensor that a session keeps between runs, and the nodes that read and replace it. */
export interface Variable {
  readonly handle: Output;
  readonly shape: readonly number[];
  /** Read before any update of the same run. */
  readonly value: Output;
  /** What is assigned when `assigned` is fetched. */
  readonly incoming: Output;
  readonly assigned: Output;
  /** The number that fills the variable when `filled` is fetched. */
  readonly filling: Output;
  readonly filled: Output;
}

let variableCount = 0;

/** Adds a float32 variable. It has no value until one is assigned. */
export function addVariable(graph: Graph, shape: readonly number[]): Variable {
  const float = { type: 'float32' } as const;
  const handle = graph.add('VarHandleOp', [], {
    attributes: {
      dtype: float,
      shape: { shape },
      container: { string: '' },
      shared_name: { string: `readroom-${variableCount++}` },
    },
    outputs: [{ shape: [], dtype: 'resource' }],
  });
  const incoming = addPlaceholder(graph, shape);
  const filling = addPlaceholder(graph, []);
  const dims = shapeConstant(graph, shape);
  const full = graph.add('Fill', [dims, filling], {
    attributes: { T: float, index_type: { type: 'int32' } },
    outputs: [{ shape, dtype: 'float32' }],
  });
  return {
    handle,
    shape,
    value: addRead(graph, handle, shape),
    incoming,
    assigned: addDone(graph, [assign(graph, 'AssignVariableOp', handle, incoming)]),
    filling,
    filled: addDone(graph, [assign(graph, 'AssignVariableOp', handle, full)]),
  };
}

/** Reads a variable after these nodes. */
export function addRead(
  graph: Graph,
  handle: Output,
  shape: readonly number[],
  after: Output[] = [],
): Output {
  return graph.add('ReadVariableOp', [handle], {
    attributes: { dtype: { type: 'float32' } },
    outputs: [{ shape, dtype: 'float32' }],
    after,
  });
}

/** Replaces a variable's value, adds to it or takes from it. */
export function assign(
  graph: Graph,
  op: 'AssignVariableOp' | 'AssignAddVariableOp' | 'AssignSubVariableOp',
  handle: Output,
  value: Output,
  after: Output[] = [],
): Output {
  return graph.add(op, [handle, value], { attributes: { dtype: { type: 'float32' } }, after });
}

/** What is fed. */
export function addPlaceholder(
  graph: Graph,
  shape: readonly number[],
  dtype: 'float32' | 'int32' = 'float32',
): Output {
  return graph.add('Placeholder', [], {
    attributes: { dtype: { type: dtype }, shape: { shape } },
    outputs: [{ shape, dtype }],
  });
}

/** Something to fetch that is there once all of `after` are finished. */
export function addDone(graph: Graph, after: Output[]): Output {
  const zero = addConstant(graph, Float32Array.of(0), []);
  return graph.add('Identity', [zero], {
    attributes: { T: { type: 'float32' } },
    outputs: [{ shape: [], dtype: 'float32' }],
    after,
  });
}

/** Runs a session, feeding host arrays, and hands what was fetched to `read`. Nothing stays behind on the device. */
export function runWith<T>(
  session: Session,
  feeds: readonly (readonly [Output, Float32Array | Int32Array])[],
  fetches: readonly Output[],
  read: (values: (Float32Array | Int32Array)[]) => T,
): T {
  const tensors = feeds.map(
    ([output, values]) => [output, tf.tensor(values, [...output.shape], output.dtype as 'float32')] as const,
  );
  let fetched: tf.Tensor[] = [];
  try {
    fetched = session.run(tensors, fetches);
    return read(fetched.map((tensor) => tensor.dataSync<'float32'>()));
  } finally {
    tf.dispose([...tensors.map(([, tensor]) => tensor), ...fetched]);
  }
}
