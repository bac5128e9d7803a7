import * as tf from '@tensorflow/tfjs-core';

import type { SessionBackend } from './session.ts';

/** An attribute of a TensorFlow operation, as tfjs-node's binding takes it. */
export interface OperationAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** The part of tfjs-node's backend that is used beside tfjs' own functions. */
export interface NodeBackend extends SessionBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: {
    readonly TF_Version: string;
    readonly TF_FLOAT: number;
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_STRING: number;
  };
  executeSingleOutput(name: string, attributes: OperationAttribute[], inputs: tf.TensorInfo[]): tf.Tensor;
}

/** tfjs-node has no kernel for tf.image.transform; TensorFlow has the operation. */
export function registerTransform(): void {
  tf.registerKernel({
    kernelName: tf.Transform,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const node = backend as unknown as NodeBackend;
      const { image, transforms } = inputs as { image: tf.Tensor4D; transforms: tf.Tensor2D };
      const { interpolation, fillMode, fillValue, outputShape } = attrs as unknown as tf.TransformAttrs;
      const text = (name: string, value: string): OperationAttribute => ({
        name,
        type: node.binding.TF_ATTR_STRING,
        value: value.toUpperCase(),
      });
      return tf.tidy(() =>
        node.executeSingleOutput(
          'ImageProjectiveTransformV3',
          [
            { name: 'dtype', type: node.binding.TF_ATTR_TYPE, value: node.binding.TF_FLOAT },
            text('interpolation', interpolation),
            text('fill_mode', fillMode),
          ],
          [
            image,
            transforms,
            tf.tensor1d(outputShape ?? [image.shape[1], image.shape[2]], 'int32'),
            tf.scalar(fillValue),
          ],
        ),
      );
    },
  });
}
