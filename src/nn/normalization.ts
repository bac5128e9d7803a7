/** What pixels are brought to before a network sees them: per channel, of pixel/255. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}
