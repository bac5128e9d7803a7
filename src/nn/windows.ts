/** The i-th of `outputs` windows over `length` places, as PyTorch's AdaptiveAvgPool2d has them: `to` is not in it. */
export function adaptiveWindow(length: number, outputs: number, i: number): { from: number; to: number } {
  return { from: Math.floor((i * length) / outputs), to: Math.ceil(((i + 1) * length) / outputs) };
}
