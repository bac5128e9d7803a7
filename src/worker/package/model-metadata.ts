import type { ModelFile } from '../../contract/run-folder.ts';

/** What the model files themselves say of their meaning, for those who meet them without their `readroom.json`. */
export function modelMetadata(model: ModelFile): Record<string, string> {
  return {
    classes: JSON.stringify(model.classes),
    ...(model.task && { task: JSON.stringify(model.task) }),
    ...(model.table && { table: JSON.stringify(model.table) }),
    input: JSON.stringify({
      layout: 'NHWC',
      scale: '(pixel / 255 - mean) / deviation',
      mean: model.normalization.mean,
      deviation: model.normalization.deviation,
    }),
    ...(model.tiles && { tiles: JSON.stringify(model.tiles) }),
    network: JSON.stringify(model.network),
    weightsSha256: model.weightsSha256,
  };
}

/** Version of these writers' output, written into every model file. */
export const writerVersion = '1';
