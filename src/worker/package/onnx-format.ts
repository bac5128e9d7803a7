import { access, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';

import { ReadroomError } from '../../contract/errors.ts';
import { inputName } from '../../nn/network.ts';
import { onnxOutputName, writeOnnx } from '../../nn/writers/onnx.ts';
import { fileProblem, reasonOf } from './damage.ts';
import type { ModelShape, OpenModel, PackageFormat } from './package-format.ts';
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
    checkTensor(session.inputMetadata, inputName, [shape.size, shape.size, shape.channels]);
    checkTensor(session.outputMetadata, onnxOutputName, [shape.classes]);
  } catch (error) {
    await session.release();
    throw error;
  }
  return {
    predict: async (inputs, n) => {
      const image = new runtime.Tensor('float32', inputs, [n, shape.size, shape.size, shape.channels]);
      const result = (await session.run({ [inputName]: image }))[onnxOutputName];
      if (!(result?.data instanceof Float32Array))
        throw unusable(`${fileName} does not answer with float32 values.`);
      return result.data;
    },
    close: () => session.release(),
  };
}

/** The model's one input or output must carry this name and, behind the batch dimension, these lengths. */
function checkTensor(
  found: readonly InferenceSession.ValueMetadata[],
  name: string,
  lengths: readonly number[],
): void {
  const tensor = found[0];
  if (found.length !== 1 || tensor?.name !== name || !tensor.isTensor) {
    const names = found.map((value) => `"${value.name}"`).join(', ');
    throw unusable(`${fileName} has ${names} where one tensor "${name}" belongs.`);
  }
  const [, ...actual] = tensor.shape;
  if (tensor.type !== 'float32' || actual.join() !== lengths.join()) {
    throw unusable(
      `${fileName}'s "${name}" is ${tensor.type} of ${actual.join(' × ')}, not float32 of ${lengths.join(' × ')}.`,
    );
  }
}

function unusable(message: string): ReadroomError {
  return new ReadroomError('badPackage', message, 'Export the package again.');
}
