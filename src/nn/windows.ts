/** The i-th of `outputs` windows over `length` places, as PyTorch's AdaptiveAvgPool2d has them: `to` is not in it. */
export function adaptiveWindow(length: number, outputs: number, i: number): { from: number; to: number } {
  return { from: Math.floor((i * length) / outputs), to: Math.ceil(((i + 1) * length) / outputs) };
}

/** The means over adaptive windows as a matrix, outputs × length, row by row. */
export function adaptiveWindows(length: number, outputs: number): Float32Array {
  const matrix = new Float32Array(outputs * length);
  for (let i = 0; i < outputs; i++) {
    const { from, to } = adaptiveWindow(length, outputs, i);
    matrix.fill(1 / (to - from), i * length + from, i * length + to);
  }
  return matrix;
}
