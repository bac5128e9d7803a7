/** What pixels are brought to before a network sees them: per channel, of pixel/255. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** value · scale + offset, per channel. */
export interface Affine {
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}

/** What brings pixels of 0 to 255 to (pixel/255 − mean) / deviation. */
export function affineOf({ mean, deviation }: Normalization): Affine {
  return {
    scale: deviation.map((value) => 1 / (255 * value)),
    // Plus zero: a mean of zero is no offset of minus zero.
    offset: mean.map((value, channel) => 0 - value / deviation[channel]!),
  };
}

/** The normalisation of a network whose channels are all that of pictures of one channel. */
export function repeatedNormalization({ mean, deviation }: Normalization, channels: number): Normalization {
  const repeated = (values: readonly number[]): readonly number[] =>
    values.length === channels ? values : new Array<number>(channels).fill(values[0]!);
  return { mean: repeated(mean), deviation: repeated(deviation) };
}

/**
 * The normalisation of pictures that are given with fewer channels than the network has.
 *
 * @throws Error when the channels that one stands for are normalised differently
 */
export function normalizationOf({ mean, deviation }: Normalization, channels: number): Normalization {
  if (mean.length === channels) return { mean, deviation };
  const same = [mean, deviation].every((values) => values.every((value) => value === values[0]));
  if (channels !== 1 || !same)
    throw new Error(`Pictures of ${channels} channels cannot stand for ${mean.length} that differ`);
  return { mean: mean.slice(0, 1), deviation: deviation.slice(0, 1) };
}
