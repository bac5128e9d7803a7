import { describe, expect, it } from 'vitest';

import { expectedFailure } from '../../../../src/worker/compute/training-failures.ts';

describe('memory that runs out is told as such, not as a fault of the program, in the words of', () => {
  it.each([
    ['TensorFlow', 'OOM when allocating tensor with shape[32,96,55,55] and type float'],
    [
      'oneDNN',
      'Session fail to run with error: Operation received an exception:Status: 1, message: could not create a primitive, in file tensorflow/core/kernels/mkl/mkl_conv_ops.cc:1112',
    ],
    [
      'oneDNN in a pooling',
      'Session fail to run with error: Compute received an exception:Status:1, message: could not create a primitive. in file tensorflow/core/kernels/mkl/mkl_maxpooling_op.cc:388',
    ],
    ['JavaScript', 'Array buffer allocation failed'],
    ['the system', "ENOMEM: not enough memory, scandir '/project/runs/1/checkpoints/best'"],
  ])('%s', (_who, message) => {
    expect(expectedFailure(new Error(message))).toMatchObject({ code: 'outOfMemory' });
  });

  it('but no other failure of a library is', () => {
    const message =
      'Operation received an exception:Status: 2, message: could not create a descriptor, in file a.cc:1';
    expect(expectedFailure(new Error(message))).toBeNull();
  });
});
