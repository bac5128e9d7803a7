import { z } from 'zod';

/**
 * A COCO file as it is read and written: https://cocodataset.org/#format-data. What COCO has no field for stands in
 * `attributes` of an annotation and `readroom` of an image. Files of others hold more, which is passed over.
 */
const number = z.number();
const reference = z.union([z.int(), z.string()]);

export const cocoCategorySchema = z.object({ id: reference, name: z.string().trim().min(1).max(100) });

/** Classes by name. */
export const cocoLabelSchema = z.object({
  /** Id of the image in the project that wrote the file. */
  image: z.string().optional(),
  /** Which picture of the file, from 0; null: the file has one. */
  frame: z.int().min(0).nullable().optional(),
  patient: z.string().nullable().optional(),
  study: z.string().nullable().optional(),
  series: z.string().nullable().optional(),
  label: z.string().nullable().optional(),
  classes: z.array(z.string()).nullable().optional(),
  number: number.nullable().optional(),
  unsure: z.boolean().optional(),
});

export const cocoImageSchema = z.object({
  id: reference,
  file_name: z.string(),
  width: number.optional(),
  height: number.optional(),
  readroom: cocoLabelSchema.optional(),
});
export type CocoImage = z.infer<typeof cocoImageSchema>;

const runLengths = z.object({
  size: z.tuple([z.int(), z.int()]),
  counts: z.union([z.string(), z.array(z.int())]),
});

export const cocoAnnotationSchema = z.object({
  id: reference.optional(),
  image_id: reference,
  category_id: reference.nullable().optional(),
  bbox: z.tuple([number, number, number, number]).optional(),
  segmentation: z
    .union([z.array(z.array(number)), runLengths])
    .nullable()
    .optional(),
  keypoints: z.array(number).optional(),
  attributes: z
    .object({
      shape: z.string().optional(),
      unsure: z.boolean().optional(),
      comment: z.string().max(2000).optional(),
    })
    .optional()
    .catch(undefined),
});
export type CocoAnnotation = z.infer<typeof cocoAnnotationSchema>;

/** The category of shapes without a class: COCO has no annotation without a category. */
export const noClass = '(no class)';
