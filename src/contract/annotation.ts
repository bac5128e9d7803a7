import { oc } from '@orpc/contract';
import { z } from 'zod';

import { actionIdSchema } from './label.ts';
import { projectInput } from './project.ts';

/**
 * What is drawn on a picture. Coordinates are pixels of the picture as it is decoded: x to the right, y down, (0, 0)
 * the upper left corner of the upper left pixel, so that the middle of a pixel is at .5.
 */
const coordinate = z.number().min(-100_000).max(200_000);
const pointSchema = z.tuple([coordinate, coordinate]);
const outline = z.array(pointSchema).min(3).max(20_000);
/** Runs of a mask at most: more than any hand draws, and a bound to what a message holds. */
export const mostMaskRuns = 500_000;

export const shapeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('box'),
    x: coordinate,
    y: coordinate,
    width: z.number().positive().max(200_000),
    height: z.number().positive().max(200_000),
  }),
  /** Closed: the last point is joined to the first. */
  z.object({ kind: z.literal('polygon'), points: outline }),
  /** As drawn by hand, closed. */
  z.object({ kind: z.literal('freehand'), points: outline }),
  z.object({ kind: z.literal('point'), x: coordinate, y: coordinate }),
  /**
   * A brush's mask: a box of whole pixels, and in it, row by row, how many are outside, inside, outside, … The sum of
   * the runs is width × height; the first may be 0.
   */
  z.object({
    kind: z.literal('mask'),
    x: z.int().min(0).max(100_000),
    y: z.int().min(0).max(100_000),
    width: z.int().min(1).max(100_000),
    height: z.int().min(1).max(100_000),
    runs: z.array(z.int().min(0)).min(1).max(mostMaskRuns),
  }),
]);
export type Shape = z.infer<typeof shapeSchema>;
export type MaskShape = Extract<Shape, { kind: 'mask' }>;

export const shapeKindSchema = z.enum(['box', 'polygon', 'freehand', 'mask', 'point']);
export type ShapeKind = z.infer<typeof shapeKindSchema>;

/** One shape of one reader on one image. */
export const annotationSchema = z.object({
  id: z.string(),
  /** Class id; null: of no class. */
  class: z.string().nullable(),
  shape: shapeSchema,
  unsure: z.literal(true).optional(),
  comment: z.string().max(2000).optional(),
});
export type Annotation = z.infer<typeof annotationSchema>;

const ofReader = projectInput.extend({
  reader: z.string().trim().min(1).max(100),
  /** '' is open reading, else a round's id. */
  round: z.string().default(''),
  image: z.string(),
});

export const annotationContract = {
  /** A reader's shapes on an image, oldest first. */
  list: oc.input(ofReader).output(z.array(annotationSchema)),
  /**
   * Adds, changes (by id) and removes shapes as one action, which one undo takes back. An `id` is a UUID that the
   * caller makes. Answers with the reader's shapes on the image. @throws `usage` for a shape outside of the picture,
   * a mask whose runs do not fill its box, or another's shape; `unknownClass`, `unknownImage`
   */
  change: oc
    .input(
      ofReader.extend({
        put: z.array(annotationSchema).max(1000).default([]),
        remove: z.array(z.string()).max(1000).default([]),
        action: actionIdSchema.optional(),
      }),
    )
    .output(z.object({ annotations: z.array(annotationSchema), event: z.string().nullable() })),
  /** Everybody's shapes on an image, except those of rounds that are still blinded. */
  all: oc
    .input(projectInput.extend({ image: z.string() }))
    .output(z.array(annotationSchema.extend({ reader: z.string(), at: z.string() }))),
};
