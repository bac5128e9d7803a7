/** What a generated picture shows of one class, as a mask of its size: 1 inside, 0 outside, rows top down. */
export interface SampleMask {
  readonly className: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Of a clinical table: what is known of one patient, by column; null is missing. */
export type SampleRecord = Readonly<Record<string, number | string | null>>;

/** One generated picture and what is known of it. */
export interface SampleImage {
  /** Below the sample's folder, forward slashes: CLASS/PATIENT/FILE, without classes PATIENT/FILE. */
  readonly file: string;
  /** The picture's class; of pictures that have a number or masks instead, ''. */
  readonly className: string;
  /** The patient's key, for example P0001. */
  readonly patient: string;
  readonly ageYears: number;
  readonly sex: 'F' | 'M';
  /** What labels of the kind `number` say, bone age in months say; absent elsewhere. */
  readonly number?: number;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 red, green, blue. */
  readonly channels: 1 | 3;
  /** 8 bit, rows top down, channels last. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** Of every picture of a template that is to be segmented; they do not overlap. A class that does not occur has none. */
  readonly masks?: readonly SampleMask[];
  /** The same for all pictures of a patient. */
  readonly record?: SampleRecord;
}

/** What is known of a generated picture besides its pixels; `file` as it was written. */
export type SampleFilm = Omit<SampleImage, 'width' | 'height' | 'channels' | 'pixels' | 'masks'>;

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
  /** Of pictures that are to be segmented those of the masks; of pictures with a number none. */
  readonly classes: readonly string[];
  /**
   * Draws `images` pictures, patient by patient; the same `seed` gives the same pixels on every machine.
   * How many patients they come from depends on the draw.
   *
   * @param share draws only these; their pixels are the same as in the whole
   */
  draw(images: number, seed: number, share?: SampleShare): Iterable<SampleImage>;
}
