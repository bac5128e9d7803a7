import { eventIterator, oc } from '@orpc/contract';
import { z } from 'zod';

/**
 * What the engine asks of a process that reads pictures: a file of its own, since such a process starts in half the
 * time without the schemas of everything else. Image files pass through the file system, never through these messages.
 */

/** Part of the input cache's key: raised when the same picture and geometry give other bytes, e.g. with another libvips. */
export const inputVersion = 2;

/** Which values of a picture become black and white, where that is not left to its file. */
export const inputWindowSchema = z.union([
  /** From the lowest to the highest value of the picture itself. */
  z.literal('full'),
  z.object({
    /** As DICOM counts them (PS3.3 C.11.2.1.2): whole values both ends included. */
    center: z.number(),
    width: z.number().positive(),
    /** In which the pictures' values must be; null: their own, whatever it is. */
    unit: z.literal('HU').nullable(),
  }),
]);
export type InputWindow = z.infer<typeof inputWindowSchema>;

/** How a decoded picture becomes a network's uint8 input of size × size × channels, rows top down, channels last. */
export const inputGeometrySchema = z.object({
  size: z.int().min(1),
  channels: z.union([z.literal(1), z.literal(3)]),
  fit: z.enum(['stretch', 'pad']),
  kernel: z.enum(['nearest', 'linear', 'cubic', 'lanczos3']),
  /** Absent: as the picture's file says, which is how it is shown. */
  window: inputWindowSchema.optional(),
});
export type InputGeometry = z.infer<typeof inputGeometrySchema>;

export const fileFormatSchema = z.enum(['png', 'jpeg', 'tiff', 'webp', 'bmp', 'dicom', 'nifti']);
export type FileFormat = z.infer<typeof fileFormatSchema>;

/** Laterality as DICOM codes it (PS3.3 C.7.3.1.1.1, C.10.4.1.1): right, left, unpaired, both. */
export const lateralitySchema = z.enum(['R', 'L', 'U', 'B']);

/**
 * A window of grey, in sample values: `low` and below is black, `high` and above white. `sigmoid` is PS3.3
 * C.11.2.1.3.1 with centre (low + high) / 2 and width high − low.
 */
export const displayWindowSchema = z.object({
  /** As the file explains it, else ''. */
  name: z.string(),
  low: z.number(),
  high: z.number(),
  curve: z.enum(['linear', 'sigmoid']),
});
export type DisplayWindow = z.infer<typeof displayWindowSchema>;

const sideLetters = z.string().regex(/^[RLAPHF]{1,3}$/);

/**
 * The patient's side that lies at each edge of the picture as its file has it (PS3.3 C.7.6.1.1.1): right, left,
 * anterior, posterior, head, foot; of an oblique edge several letters, the most fitting one first.
 */
export const patientSidesSchema = z.object({
  left: sideLetters,
  top: sideLetters,
  right: sideLetters,
  bottom: sideLetters,
});
export type PatientSides = z.infer<typeof patientSidesSchema>;

/** What a file says of the meaning of its samples; absent where it says nothing. Higher samples are always brighter. */
export const pictureDisplaySchema = z.object({
  /** value = slope × sample + intercept: what the modality measured. The slope is negative for MONOCHROME1. */
  slope: z.number(),
  intercept: z.number(),
  /** 'HU' and the like; '' where it is not known. */
  unit: z.string().max(64),
  /** The first one is how the picture is shown, thumbnailed and, unless a recipe says otherwise, trained; without any it is lowest to highest sample. */
  windows: z.array(displayWindowSchema),
  /** Millimetres from pixel to pixel; `detector`: not corrected for magnification. */
  spacing: z.object({ row: z.number(), column: z.number(), at: z.enum(['patient', 'detector']) }).nullable(),
  /** Absent where the file does not say how the patient lies in the picture. */
  sides: patientSidesSchema.optional(),
});
export type PictureDisplay = z.infer<typeof pictureDisplaySchema>;

/** What is kept of a DICOM header; nothing else of it leaves the decode child unasked. Null: not there, or not readable. */
export const headerFactsSchema = z.object({
  patientKey: z.string().nullable(),
  /** M, F, O. */
  sex: z.string().nullable(),
  studyUid: z.string().nullable(),
  /** Of the patient at the time of the study. */
  ageYears: z.number().nullable(),
  seriesUid: z.string().nullable(),
  modality: z.string().nullable(),
  bodyPart: z.string().nullable(),
  /** Manufacturer and model. */
  device: z.string().nullable(),
  laterality: lateralitySchema.nullable(),
  /** View position, as PA, LL, MLO. */
  view: z.string().nullable(),
});
export type HeaderFacts = z.infer<typeof headerFactsSchema>;

/** What the decode child found in one picture: a file, or a frame of one. */
export const pictureFactsSchema = z.object({
  frame: z.int().min(0),
  /**
   * Order within its series: millimetres along the normal of the slices, else the number of the instance and frame;
   * null where the file says nothing.
   */
  position: z.number().nullable(),
  /** After EXIF orientation. */
  width: z.int(),
  height: z.int(),
  /** 1 grey, 3 colour, after alpha is flattened on black and palettes are expanded. */
  channels: z.union([z.literal(1), z.literal(3)]),
  bitDepth: z.union([z.literal(8), z.literal(16)]),
  /** SHA-256 over width, height, channels, bit depth, `display` and the decoded samples: equal pictures in unequal files. */
  pixelSha256: z.string(),
  /** Of the picture fitted into 256 pixels by averaging, grey values from 0 to 1; 16-bit samples are shares of 65,535. */
  mean: z.number(),
  deviation: z.number(),
  /** Variance of the Laplacian of the same. */
  sharpness: z.number(),
  /** 64 hex digits: of 17×16 grey pixels, whether each is darker than its right neighbour. */
  differenceHash: z.string(),
});
export type PictureFacts = z.infer<typeof pictureFactsSchema>;

/** What the decode child found in one file. */
export const fileFactsSchema = z.object({
  format: fileFormatSchema,
  byteSha256: z.string(),
  sizeBytes: z.int(),
  /** The file says of itself that Readroom's sample generator wrote it. */
  generated: z.boolean(),
  /** Of a DICOM file; of a NIfTI volume or a TIFF of several pages, which are a series, with made-up UIDs. */
  header: headerFactsSchema.nullable(),
  /** How many pictures the file has that become images. */
  frames: z.int().min(1),
  warnings: z.array(z.string()),
});
export type FileFacts = z.infer<typeof fileFactsSchema>;

/** Frames that one call looks at, at most: each call may take 20 s. */
export const mostFramesAtOnce = 16;

/** What the header of a DICOM file says of its study and series; kept nowhere. Null: not there, or not readable. */
export const studyWordsSchema = z.object({
  /** Of the study, YYYY-MM-DD. */
  date: z.string().nullable(),
  /** Of the study. */
  description: z.string().nullable(),
  seriesNumber: z.int().nullable(),
  seriesDescription: z.string().nullable(),
  /** Unit vector in the patient's axes along which the positions in the series count millimetres; null: they do not. */
  normal: z.array(z.number()).length(3).nullable(),
});
export type StudyWords = z.infer<typeof studyWordsSchema>;

const uid = z.string().max(64);

/** What labels say of the instance that they are of. */
const dicomReferenceSchema = z.object({
  sopClassUid: uid,
  sopInstanceUid: uid,
  studyUid: uid,
  seriesUid: uid,
  frameOfReferenceUid: uid.nullable(),
  /** Frames that it says it has; null: it is of one picture and does not count frames. */
  frames: z.int().min(1).nullable(),
  /** Of the frames that were asked for: as the DICOM attributes have it, in millimetres; null where they are not there. */
  planes: z.array(
    z.object({
      /** ImagePositionPatient: the middle of the upper left pixel. */
      position: z.array(z.number()).length(3).nullable(),
      /** ImageOrientationPatient: along a row, along a column. */
      orientation: z.array(z.number()).length(6).nullable(),
      /** PixelSpacing: between rows, between columns. */
      spacing: z.array(z.number()).length(2).nullable(),
      thickness: z.number().nullable(),
    }),
  ),
});
export type DicomReference = z.infer<typeof dicomReferenceSchema>;
export type DicomPlane = DicomReference['planes'][number];

/** More different values has no mask. */
export const mostMaskValues = 256;

/** What is known of a generated picture. */
export const sampleFilmSchema = z.object({
  /** Below the sample's folder, forward slashes. */
  file: z.string(),
  /** '' where pictures have a number or masks instead. */
  className: z.string(),
  patient: z.string(),
  ageYears: z.number(),
  sex: z.enum(['F', 'M']),
  number: z.number().optional(),
  record: z.record(z.string(), z.union([z.number(), z.string(), z.null()])).optional(),
});

/** Refusals are `ReadroomError`s with a code of the "one image" group. */
export const decodeContract = {
  /**
   * With `thumbnails`, a folder, a picture larger than a thumbnail leaves its own there: most of the work is the
   * decoding. One that cannot be written is made when it is needed.
   */
  inspect: oc
    .input(
      z.object({
        path: z.string(),
        thumbnails: z.string().optional(),
        /** The first frame to look at; up to `mostFramesAtOnce` of them are, fewer where they take long. */
        from: z.int().min(0).default(0),
      }),
    )
    .output(z.object({ file: fileFactsSchema, pictures: z.array(pictureFactsSchema) })),
  /**
   * `frame` says which picture of the file is meant, here and below.
   *
   * Writes size·size·channels bytes at `slot` of `file`, which exists. With `pixelSha256`, a file that now
   * holds another picture is refused as `fileChanged`; likewise in `render`. With `byteSha256` too, a file of these
   * bytes is taken for that picture.
   */
  cacheInput: oc
    .input(
      z.object({
        path: z.string(),
        frame: z.int().min(0).default(0),
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
        frame: z.int().min(0).default(0),
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
    .input(
      z.object({
        path: z.string(),
        frame: z.int().min(0).default(0),
        pixelSha256: z.string().optional(),
        to: z.string(),
      }),
    )
    .output(
      z.object({
        width: z.int(),
        height: z.int(),
        channels: z.union([z.literal(1), z.literal(3)]),
        bitDepth: z.union([z.literal(8), z.literal(16)]),
        display: pictureDisplaySchema.nullable(),
      }),
    ),
  /** What a picture of a file measures from pixel to pixel; null where the file does not say. */
  readSpacing: oc
    .input(z.object({ path: z.string(), frame: z.int().min(0) }))
    .output(pictureDisplaySchema.shape.spacing),
  /** What a study and a series are told apart by on screen, from a DICOM file's header. Nulls for other files. */
  readStudy: oc.input(z.object({ path: z.string() })).output(studyWordsSchema),
  /** What labels as DICOM say of an image file that they refer to. @throws `notAnImage` for what is no DICOM instance */
  dicomReference: oc
    .input(z.object({ path: z.string(), frames: z.array(z.int().min(0)).max(20_000) }))
    .output(dicomReferenceSchema),
  /** Makes a DICOM file `to` of the `DicomLabelsPlan` in the file `plan`. */
  writeDicomLabels: oc.input(z.object({ plan: z.string(), to: z.string() })).output(z.void()),
  /**
   * Reads a DICOM segmentation or structured report into lines of JSON (`DicomLabelsHead`, `DicomLabelLine`s) in
   * the file `to`. @throws `unsupportedFormat` for other DICOM files
   */
  readDicomLabels: oc.input(z.object({ path: z.string(), to: z.string() })).output(z.void()),
  /**
   * Reads a file with one value for every pixel, of a palette the entry's number; writes to `to` a byte for each, the
   * place of its value among `values`, which are ascending. @throws `unsupportedFormat` for what is no mask
   */
  readMask: oc
    .input(z.object({ path: z.string(), to: z.string() }))
    .output(z.object({ width: z.int(), height: z.int(), values: z.array(z.int()).max(mostMaskValues) })),
  /** Writes a raw mask `from`, a byte for every pixel, as a grey PNG. */
  writeMask: oc
    .input(z.object({ from: z.string(), width: z.int(), height: z.int(), to: z.string() }))
    .output(z.void()),
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
