/** Each grey sample as many times, as a network that sees colours takes it. */
export function repeatChannels(pixels: Uint8Array, times: number): Uint8Array {
  if (times === 1) return pixels;
  const repeated = new Uint8Array(pixels.length * times);
  pixels.forEach((pixel, i) => repeated.fill(pixel, i * times, (i + 1) * times));
  return repeated;
}

/**
 * uint8 pixels → the network's float32 input: (pixel / 255 − mean) / deviation per channel, each operation
 * rounded to float32 as the device does it.
 *
 * @param pixels n × height × width × channels, channels last
 * @param normalization one mean and one deviation per channel
 */
export function normalizePixels(
  pixels: Uint8Array,
  normalization: { readonly mean: readonly number[]; readonly deviation: readonly number[] },
): Float32Array {
  const channels = normalization.mean.length;
  const table = new Float32Array(channels * 256);
  for (let channel = 0; channel < channels; channel++) {
    const mean = Math.fround(normalization.mean[channel]!);
    const deviation = Math.fround(normalization.deviation[channel]!);
    for (let value = 0; value < 256; value++) {
      const centred = Math.fround(Math.fround(value / 255) - mean);
      table[channel * 256 + value] = centred / deviation;
    }
  }
  const output = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) output[i] = table[(i % channels) * 256 + pixels[i]!]!;
  return output;
}
