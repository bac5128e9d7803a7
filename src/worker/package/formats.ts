import type { ExportFormat } from '../../contract/run.ts';
import { onnxFormat } from './onnx-format.ts';
import type { PackageFormat } from './package-format.ts';
import { tfjsFormat } from './tfjs-format.ts';

/** Every format, the quickest to predict with first. A new one is a file beside this and one line here. */
export const packageFormats: readonly PackageFormat[] = [onnxFormat, tfjsFormat];

/** The format with this id. */
export function packageFormat(id: ExportFormat): PackageFormat {
  const found = packageFormats.find((format) => format.id === id);
  if (!found) throw new Error(`Package format ${id} has no writer`);
  return found;
}
