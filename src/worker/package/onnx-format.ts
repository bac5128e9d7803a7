import { access, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';

import { ReadroomError } from '../../contract/errors.ts';
import type { GraphInput } from '../../nn/writers/graph-inputs.ts';
import { onnxOutputName, writeOnnx } from '../../nn/writers/onnx.ts';
import { fileProblem, reasonOf } from './damage.ts';
import { inputValues, type ModelShape, type OpenModel, type PackageFormat } from './package-format.ts';
import { modelMetadata, writerVersion } from './model-metadata.ts';

const fileName = 'model.onnx';
/** More threads than this make the small products of these networks no faster. */
const mostThreads = 16;

/** ONNX, opened by ONNX Runtime on the processor. */
export const onnxFormat: PackageFormat = {
  id: 'onnx',
  name: 'ONNX',
  usesTensorBackend: false,
  write: async (folder, { model, network, weights }) => {
    const file = writeOnnx(network, weights, {
      producerVersion: writerVersion,
      metadata: modelMetadata(model),
    });
    await writeFile(join(folder, fileName), file);
  },
  open: openOnnx,
};

async function openOnnx(folder: string, shape: ModelShape): Promise<OpenModel> {
  const file = join(folder, fileName);
  await access(file).catch((error: unknown) => {
    throw unusable(fileProblem(fileName, error));
  });
  const runtime = await import('onnxruntime-node');
  let session: InferenceSession;
  try {
    session = await runtime.InferenceSession.create(file, {
      executionProviders: ['cpu'],
      executionMode: 'sequential',
      intraOpNumThreads: Math.min(availableParallelism(), mostThreads),
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    });
  } catch (error) {
    throw unusable(`ONNX Runtime cannot open ${fileName}: ${reasonOf(error, folder)}`);
  }
  try {
    checkTensors(session.inputMetadata, shape.inputs);
    checkTensors(session.outputMetadata, [{ name: onnxOutputName, shape: shape.output }]);
  } catch (error) {
    await session.release();
    throw error;
  }
  return {
    predict: async (inputs, n, table) => {
      const fed = inputValues(shape, n, inputs, table).map(
        (input) => [input.name, new runtime.Tensor('float32', input.values, input.shape)] as const,
      );
      const result = (await session.run(Object.fromEntries(fed)))[onnxOutputName];
      if (!(result?.data instanceof Float32Array))
        throw unusable(`${fileName} does not answer with float32 values.`);
      return result.data;
    },
    close: () => session.release(),
  };
}

/** The model's inputs or outputs must carry these names and, behind the batch dimension, these lengths. */
function checkTensors(found: readonly InferenceSession.ValueMetadata[], wanted: readonly GraphInput[]): void {
  const tensors = wanted.map(({ name }) => found.find((value) => value.isTensor && value.name === name));
  if (found.length !== wanted.length || tensors.includes(undefined)) {
    const quoted = (values: readonly { name: string }[]): string =>
      values.map(({ name }) => `"${name}"`).join(', ');
    const [what, verb] = wanted.length === 1 ? ['one tensor', 'belongs'] : ['tensors', 'belong'];
    throw unusable(`${fileName} has ${quoted(found)} where ${what} ${quoted(wanted)} ${verb}.`);
  }
  for (const [at, { shape }] of wanted.entries()) checkTensor(tensors[at]!, shape);
}

function checkTensor(tensor: InferenceSession.ValueMetadata, lengths: readonly number[]): void {
  if (!tensor.isTensor) return;
  const [, ...actual] = tensor.shape;
  if (tensor.type !== 'float32' || actual.join() !== lengths.join()) {
    throw unusable(
      `${fileName}'s "${tensor.name}" is ${tensor.type} of ${actual.join(' × ')}, not float32 of ${lengths.join(' × ')}.`,
    );
  }
}

function unusable(message: string): ReadroomError {
  return new ReadroomError('badPackage', message, 'Export the package again.');
}
