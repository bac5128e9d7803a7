/** One generated picture and what is known of it. */
export interface SampleImage {
  /** Below the sample's folder, forward slashes: CLASS/PATIENT/FILE. */
  readonly file: string;
  readonly className: string;
  /** The patient's key, for example P0001. */
  readonly patient: string;
  readonly ageYears: number;
  readonly sex: 'F' | 'M';
  readonly width: number;
  readonly height: number;
  /** 8-bit grey, rows top down. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** A generator of pictures for one project template. */
export interface SampleTemplate {
  readonly id: string;
  /** Raised whenever a seed gives other pixels than before. */
  readonly generatorVersion: number;
  readonly classes: readonly string[];
  /**
   * Draws `images` pictures, patient by patient; the same `seed` gives the same pixels on every machine.
   * How many patients they come from depends on the draw.
   */
  draw(images: number, seed: number): Iterable<SampleImage>;
}
