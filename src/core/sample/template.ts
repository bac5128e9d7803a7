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

/** What is known of a generated picture besides its pixels. */
export type SampleFilm = Pick<SampleImage, 'file' | 'className' | 'patient' | 'ageYears' | 'sex'>;

/** One of `of` parts of a sample, counted from 0: whole patients in order, so that all parts in order are the whole. */
export interface SampleShare {
  readonly index: number;
  readonly of: number;
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
   *
   * @param share draws only these; their pixels are the same as in the whole
   */
  draw(images: number, seed: number, share?: SampleShare): Iterable<SampleImage>;
}
