import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GraphModel } from '@tensorflow/tfjs-converter';
import type { io } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { z } from 'zod';

import { ReadroomError } from '../../contract/errors.ts';
import { tfjsWeightsFile, writeTfjs } from '../../nn/writers/tfjs.ts';
import { fileProblem, reasonOf } from './damage.ts';
import { inputValues, type ModelShape, type OpenModel, type PackageFormat } from './package-format.ts';
import { modelMetadata, writerVersion } from './model-metadata.ts';

const fileName = 'model.json';

/** What is checked of a model.json before TensorFlow.js is let at it; weight files lie beside it, never elsewhere. */
const commonFields = {
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: z.array(
    z.object({
      paths: z.array(z.string().regex(/^[\w-][\w.-]*$/)),
      weights: z.array(
        z.object({
          name: z.string(),
          shape: z.array(z.int().min(0)),
          dtype: z.enum(['float32', 'int32']),
        }),
      ),
    }),
  ),
};
const signedTensorsSchema = z.record(
  z.string(),
  z.object({
    name: z.string(),
    dtype: z.literal('DT_FLOAT'),
    tensorShape: z.object({ dim: z.array(z.object({ size: z.coerce.number<string>().int() })) }),
  }),
);
const modelSchema = z.discriminatedUnion('format', [
  z.looseObject({ format: z.literal('layers-model'), ...commonFields }),
  z.looseObject({
    format: z.literal('graph-model'),
    ...commonFields,
    signature: z.object({ inputs: signedTensorsSchema, outputs: signedTensorsSchema }),
  }),
]);
type ModelJson = z.infer<typeof modelSchema>;

/** TensorFlow.js, opened by its own `loadLayersModel` or `loadGraphModel` on whichever backend is set. */
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

/** A model in either form, with the shapes that it states for a row: those of its inputs, then of its outputs. */
interface LoadedModel {
  readonly model: LayersModel | GraphModel;
  /** Names of its inputs, in the order in which it takes them. */
  readonly order: readonly string[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

async function openTfjs(folder: string, shape: ModelShape): Promise<OpenModel> {
  const tf = await import('@tensorflow/tfjs-core');
  const json = await readModelJson(folder);
  const artifacts = await readArtifacts(folder, json);
  const load = json.format === 'layers-model' ? loadLayers : loadGraph;
  const { model, order, ...found } = await load(artifacts, json).catch((error: unknown) => {
    throw unusable(`TensorFlow.js cannot open ${fileName}: ${reasonOf(error)}`);
  });
  const input = shape.inputs.map((one) => rowShape(one.shape)).join(' and ');
  const output = rowShape(shape.output);
  if (found.inputs.join(' and ') !== input || found.outputs.join(' and ') !== output) {
    model.dispose();
    throw unusable(
      `${fileName} maps ${found.inputs.join(' and ')} to ${found.outputs.join(' and ')}, not ${input} to ${output}.`,
    );
  }
  return {
    predict: async (inputs, n, table) => {
      const result = tf.tidy(() => {
        const values = inputValues(shape, n, inputs, table);
        const fed = order.map((name) => {
          const input = values.find((one) => one.name === name);
          if (!input) throw unusable(`${fileName} has an input "${name}" that nothing belongs to.`);
          return tf.tensor(input.values, input.shape);
        });
        const predicted = model.predict(fed.length === 1 ? fed[0]! : fed, { batchSize: n });
        if (!(predicted instanceof tf.Tensor)) throw unusable(`${fileName} answers with several tensors.`);
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

async function loadLayers(artifacts: io.ModelArtifacts): Promise<LoadedModel> {
  const { loadLayersModel } = await import('@tensorflow/tfjs-layers');
  const model = await loadLayersModel({ load: () => Promise.resolve(artifacts) });
  const rows = (tensors: readonly { shape: readonly (number | null)[] }[]): string[] =>
    tensors.map(({ shape: [, ...row] }) => rowShape(row));
  return { model, order: model.inputNames, inputs: rows(model.inputs), outputs: rows(model.outputs) };
}

async function loadGraph(artifacts: io.ModelArtifacts, json: ModelJson): Promise<LoadedModel> {
  if (json.format !== 'graph-model') throw new Error(`A ${json.format} is no graph`);
  const { loadGraphModel } = await import('@tensorflow/tfjs-converter');
  const model = await loadGraphModel({ load: () => Promise.resolve(artifacts) });
  const rows = (tensors: z.infer<typeof signedTensorsSchema>): string[] =>
    Object.values(tensors).map(({ tensorShape: { dim } }) => rowShape(dim.slice(1).map(({ size }) => size)));
  const { inputs, outputs } = json.signature;
  return { model, order: Object.keys(inputs), inputs: rows(inputs), outputs: rows(outputs) };
}

function rowShape(lengths: readonly (number | null)[]): string {
  return lengths.join(' × ');
}

async function readModelJson(folder: string): Promise<ModelJson> {
  const text = await readFile(join(folder, fileName), 'utf8').catch((error: unknown) => {
    throw unusable(fileProblem(fileName, error));
  });
  try {
    return modelSchema.parse(JSON.parse(text));
  } catch (error) {
    const reason =
      error instanceof z.ZodError ? z.prettifyError(error).replaceAll(/\s+/g, ' ') : reasonOf(error);
    throw unusable(`${fileName} is not a layers model or a graph model: ${reason}`);
  }
}

async function readArtifacts(folder: string, json: ModelJson): Promise<io.ModelArtifacts> {
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
    ...(json.format === 'graph-model' ? { signature: json.signature } : {}),
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
