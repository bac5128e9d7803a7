import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { io } from '@tensorflow/tfjs-core';
import { z } from 'zod';

import { ReadroomError } from '../../contract/errors.ts';
import { tfjsWeightsFile, writeTfjs } from '../../nn/writers/tfjs.ts';
import { fileProblem, reasonOf } from './damage.ts';
import type { ModelShape, OpenModel, PackageFormat } from './package-format.ts';
import { modelMetadata, writerVersion } from './model-metadata.ts';

const fileName = 'model.json';

/** What is checked of a model.json before TensorFlow.js is let at it; weight files lie beside it, never elsewhere. */
const layersModelSchema = z.looseObject({
  format: z.literal('layers-model'),
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: z.array(
    z.object({
      paths: z.array(z.string().regex(/^[\w-][\w.-]*$/)),
      weights: z.array(
        z.object({ name: z.string(), shape: z.array(z.int().min(0)), dtype: z.literal('float32') }),
      ),
    }),
  ),
});

/** TensorFlow.js, opened by its own `loadLayersModel` on whichever backend is set. */
export const tfjsFormat: PackageFormat = {
  id: 'tfjs',
  name: 'TensorFlow.js',
  usesTensorBackend: true,
  write: async (folder, { model, network, weights }) => {
    const files = writeTfjs(network, weights, {
      producerVersion: writerVersion,
      metadata: modelMetadata(model),
    });
    await writeFile(join(folder, fileName), files.modelJson);
    const handle = await open(join(folder, tfjsWeightsFile), 'w');
    try {
      for (const part of files.weights) await handle.writeFile(part);
    } finally {
      await handle.close();
    }
  },
  open: openTfjs,
};

async function openTfjs(folder: string, shape: ModelShape): Promise<OpenModel> {
  const [tf, layers] = await Promise.all([
    import('@tensorflow/tfjs-core'),
    import('@tensorflow/tfjs-layers'),
  ]);
  const artifacts = await readArtifacts(folder);
  const model = await layers
    .loadLayersModel({ load: () => Promise.resolve(artifacts) })
    .catch((error: unknown) => {
      throw unusable(`TensorFlow.js cannot open ${fileName}: ${reasonOf(error)}`);
    });
  const input = [null, shape.size, shape.size, shape.channels].join();
  const found = model.inputs.map((tensor) => tensor.shape.join());
  const outputs = model.outputs.map((tensor) => tensor.shape.join());
  if (found.join(';') !== input || outputs.join(';') !== [null, shape.classes].join()) {
    model.dispose();
    throw unusable(
      `${fileName} maps ${found.join(';')} to ${outputs.join(';')}, not ${input} to ${[null, shape.classes].join()}.`,
    );
  }
  return {
    predict: async (inputs, n) => {
      const result = tf.tidy(() => {
        const images = tf.tensor4d(inputs, [n, shape.size, shape.size, shape.channels]);
        const predicted = model.predict(images, { batchSize: n });
        if (Array.isArray(predicted)) throw unusable(`${fileName} answers with several tensors.`);
        return predicted;
      });
      try {
        return await result.data<'float32'>();
      } finally {
        result.dispose();
      }
    },
    close: async () => {
      model.dispose();
    },
  };
}

async function readArtifacts(folder: string): Promise<io.ModelArtifacts> {
  const text = await readFile(join(folder, fileName), 'utf8').catch((error: unknown) => {
    throw unusable(fileProblem(fileName, error));
  });
  let json: z.infer<typeof layersModelSchema>;
  try {
    json = layersModelSchema.parse(JSON.parse(text));
  } catch (error) {
    const reason =
      error instanceof z.ZodError ? z.prettifyError(error).replaceAll(/\s+/g, ' ') : reasonOf(error);
    throw unusable(`${fileName} is not a layers model: ${reason}`);
  }
  const weightSpecs = json.weightsManifest.flatMap((group) => group.weights);
  const parts: Buffer[] = [];
  for (const path of json.weightsManifest.flatMap((group) => group.paths)) {
    parts.push(
      await readFile(join(folder, path)).catch((error: unknown) => {
        throw unusable(fileProblem(path, error));
      }),
    );
  }
  const promised = weightSpecs.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
  const held = parts.reduce((sum, part) => sum + part.byteLength, 0);
  if (held !== promised) {
    throw unusable(`The weight files hold ${held} bytes where ${fileName} promises ${promised}.`);
  }
  return {
    modelTopology: json.modelTopology,
    weightSpecs,
    weightData: parts.map(exactBuffer),
    format: json.format,
  };
}

/** TensorFlow.js takes whole buffers, and Node may have put a small file into a shared one. */
function exactBuffer(part: Buffer): ArrayBuffer {
  return part.byteLength === part.buffer.byteLength && part.buffer instanceof ArrayBuffer
    ? part.buffer
    : new Uint8Array(part).buffer;
}

function unusable(message: string): ReadroomError {
  return new ReadroomError('badPackage', message, 'Export the package again.');
}
