import * as tf from '@tensorflow/tfjs-core';

import type { FusedAdam, Parameter } from '../nn/optimizers.ts';

/** An attribute of a TensorFlow operation, as tfjs-node's binding takes it. */
export interface OperationAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** The part of tfjs-node's backend that calls TensorFlow's operations by name. */
export interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: {
    readonly TF_Version: string;
    readonly TF_FLOAT: number;
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_STRING: number;
    readonly TF_ATTR_SHAPE: number;
    readonly TF_ATTR_BOOL: number;
  };
  executeSingleOutput(name: string, attributes: OperationAttribute[], inputs: tf.TensorInfo[]): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: OperationAttribute[],
    inputs: tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
}

/** `name` = float32. */
export function floatType(backend: NodeBackend, name: string): OperationAttribute {
  return { name, type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT };
}

/** A parameter's value, m and v as TensorFlow variables, and the tensors that were read from them last. */
interface Variables {
  readonly handles: readonly tf.Tensor[];
  read: readonly tf.Tensor[];
}

let variableCount = 0;

/**
 * ResourceApplyAdam: value, m and v updated in place in one pass, where the portable form takes twelve.
 * The tensors read from a variable share its memory, so they are disposed before the update; a variable whose
 * memory is shared would be copied by it. A parameter whose tensors were replaced meanwhile (a restored
 * checkpoint) is assigned anew.
 */
export function createFusedAdam(backend: NodeBackend): FusedAdam {
  const variables = new Map<string, Variables>();
  const attributes = [floatType(backend, 'dtype')];
  const run = (name: string, inputs: tf.Tensor[], more: OperationAttribute[] = attributes): void => {
    backend.executeMultipleOutputs(name, more, inputs, 0);
  };
  const flag = (name: string): OperationAttribute => ({
    name,
    type: backend.binding.TF_ATTR_BOOL,
    value: false,
  });

  const createHandle = (shape: readonly number[]): tf.Tensor =>
    tf.keep(
      backend.executeSingleOutput(
        'VarHandleOp',
        [
          ...attributes,
          { name: 'shape', type: backend.binding.TF_ATTR_SHAPE, value: [...shape] },
          { name: 'container', type: backend.binding.TF_ATTR_STRING, value: '' },
          { name: 'shared_name', type: backend.binding.TF_ATTR_STRING, value: `readroom-${variableCount++}` },
        ],
        [],
      ),
    );

  const variablesOf = (parameter: Parameter): Variables => {
    const { name, shape } = parameter.spec;
    const tensors = [parameter.value, ...parameter.slots];
    const found = variables.get(name) ?? { handles: tensors.map(() => createHandle(shape)), read: [] };
    variables.set(name, found);
    if (found.read[0] !== parameter.value) {
      found.handles.forEach((handle, i) => run('AssignVariableOp', [handle, tensors[i]!]));
    }
    tf.dispose(tensors);
    return found;
  };

  return {
    update: (parameter, gradient, scalars) => {
      const found = variablesOf(parameter);
      const { beta1Power, beta2Power, learningRate, beta1, beta2, epsilon } = scalars;
      tf.tidy(() =>
        run(
          'ResourceApplyAdam',
          [
            ...found.handles,
            ...[beta1Power, beta2Power, learningRate, beta1, beta2, epsilon].map((value) => tf.scalar(value)),
            gradient,
          ],
          [floatType(backend, 'T'), flag('use_locking'), flag('use_nesterov')],
        ),
      );
      found.read = found.handles.map((handle) =>
        backend.executeSingleOutput('ReadVariableOp', attributes, [handle]),
      );
      const [value, ...slots] = found.read;
      parameter.value = value!;
      parameter.slots = slots;
    },
    dispose: () => {
      for (const { handles } of variables.values()) {
        for (const handle of handles) {
          run('DestroyResourceOp', [handle], []);
          handle.dispose();
        }
      }
      variables.clear();
    },
  };
}
