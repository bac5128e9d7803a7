import { eventIterator, oc } from '@orpc/contract';
import { z } from 'zod';

/**
 * What the engine asks of a process that reads pictures: a file of its own, since such a process starts in half the
 * time without the schemas of everything else. Image files pass through the file system, never through these messages.
 */

/** Part of the input cache's key: raised when the same picture and geometry give other bytes, e.g. with another libvips. */
export const inputVersion = 2;

/** How a decoded picture becomes a network's uint8 input of size × size × channels, rows top down, channels last. */
export const inputGeometrySchema = z.object({
  size: z.int().min(1),
  channels: z.union([z.literal(1), z.literal(3)]),
  fit: z.enum(['stretch', 'pad']),
  kernel: z.enum(['nearest', 'linear', 'cubic', 'lanczos3']),
});
export type InputGeometry = z.infer<typeof inputGeometrySchema>;

/** What the decode child found in one file. */
export const imageFactsSchema = z.object({
  format: z.enum(['png', 'jpeg', 'tiff', 'webp', 'bmp']),
  /** After EXIF orientation. */
  width: z.int(),
  height: z.int(),
  /** 1 grey, 3 colour, after alpha is flattened on black and palettes are expanded. */
  channels: z.union([z.literal(1), z.literal(3)]),
  bitDepth: z.union([z.literal(8), z.literal(16)]),
  byteSha256: z.string(),
  /** SHA-256 over width, height, channels, bit depth and the decoded samples: equal pictures in unequal files. */
  pixelSha256: z.string(),
  sizeBytes: z.int(),
  /** The file says of itself that Readroom's sample generator wrote it. */
  generated: z.boolean(),
  /** Of the picture fitted into 256 pixels by averaging, grey values from 0 to 1; 16-bit samples are shares of 65,535. */
  mean: z.number(),
  deviation: z.number(),
  /** Variance of the Laplacian of the same. */
  sharpness: z.number(),
  /** 64 hex digits: of 17×16 grey pixels, whether each is darker than its right neighbour. */
  differenceHash: z.string(),
  warnings: z.array(z.string()),
});
export type ImageFacts = z.infer<typeof imageFactsSchema>;

/** What is known of a generated picture. */
export const sampleFilmSchema = z.object({
  /** Below the sample's folder, forward slashes. */
  file: z.string(),
  className: z.string(),
  patient: z.string(),
  ageYears: z.number(),
  sex: z.enum(['F', 'M']),
});

/** Refusals are `ReadroomError`s with a code of the "one image" group. */
export const decodeContract = {
  /**
   * With `thumbnails`, a folder, a picture larger than a thumbnail leaves its own there: most of the work is the
   * decoding. One that cannot be written is made when it is needed.
   */
  inspect: oc
    .input(z.object({ path: z.string(), thumbnails: z.string().optional() }))
    .output(imageFactsSchema),
  /**
   * Writes size·size·channels bytes at `slot` of `file`, which exists. With `pixelSha256`, a file that now
   * holds another picture is refused as `fileChanged`; likewise in `render`. With `byteSha256` too, a file of these
   * bytes is taken for that picture.
   */
  cacheInput: oc
    .input(
      z.object({
        path: z.string(),
        pixelSha256: z.string().optional(),
        byteSha256: z.string().optional(),
        geometry: inputGeometrySchema,
        file: z.string(),
        slot: z.int().min(0),
      }),
    )
    .output(z.void()),
  /** Writes a WebP picture whose longer edge is at most `edge` pixels. */
  render: oc
    .input(
      z.object({
        path: z.string(),
        pixelSha256: z.string().optional(),
        to: z.string(),
        edge: z.int().min(16).max(8192),
      }),
    )
    .output(z.object({ width: z.int(), height: z.int() })),
  /**
   * Writes the samples as decoded, rows top down, channels last, 16-bit ones little-endian. What the viewer shows
   * is what the trainer reads.
   */
  writePixels: oc
    .input(z.object({ path: z.string(), pixelSha256: z.string().optional(), to: z.string() }))
    .output(
      z.object({
        width: z.int(),
        height: z.int(),
        channels: z.union([z.literal(1), z.literal(3)]),
        bitDepth: z.union([z.literal(8), z.literal(16)]),
      }),
    ),
  /** Writes raw 8-bit pictures, one after the other in `from`, as WebP files. */
  writePictures: oc
    .input(
      z.object({
        from: z.string(),
        size: z.int(),
        channels: z.union([z.literal(1), z.literal(3)]),
        to: z.array(z.string()),
      }),
    )
    .output(z.void()),
  /**
   * Writes the pictures of one share of a template's sample below `folder`; the stream tells how many stand, and
   * ends with what is known of them, in order.
   */
  writeSample: oc
    .input(
      z.object({
        folder: z.string(),
        template: z.string(),
        images: z.int(),
        seed: z.int(),
        /** Of `of` shares, counted from 0; all shares make up the `images`. */
        share: z.object({ index: z.int().min(0), of: z.int().min(1) }),
      }),
    )
    .output(
      eventIterator(
        z.discriminatedUnion('type', [
          z.object({ type: z.literal('progressed'), done: z.int() }),
          z.object({ type: z.literal('ended'), films: z.array(sampleFilmSchema) }),
        ]),
      ),
    ),
};
export type DecodeContract = typeof decodeContract;
