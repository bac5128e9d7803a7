import { adaptiveWindow } from '../windows.ts';

/** The means over adaptive windows as a matrix, outputs × length, row by row. */
export function adaptiveWindows(length: number, outputs: number): Float32Array {
  const matrix = new Float32Array(outputs * length);
  for (let i = 0; i < outputs; i++) {
    const { from, to } = adaptiveWindow(length, outputs, i);
    matrix.fill(1 / (to - from), i * length + from, i * length + to);
  }
  return matrix;
}
