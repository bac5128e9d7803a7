import { oc } from '@orpc/contract';
import { z } from 'zod';

import { chosenImagesSchema, imageQuerySchema, readerLabelSchema, viewSchema } from './image.ts';
import { labelChangeSchema } from './label.ts';
import { projectInput } from './project.ts';

/** Who gets which images: all readers all, each image one reader, or each image `k` readers. Patients stay whole. */
export const assignmentSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('all') }),
  z.object({ kind: z.literal('share') }),
  z.object({ kind: z.literal('overlap'), k: z.int().min(1).max(100) }),
]);

export const labelRuleSchema = z.enum(['single-reader/1', 'majority/1', 'adjudicated/1']);

export const roundSchema = z.object({
  round: z.string(),
  name: z.string(),
  status: z.enum(['open', 'closed']),
  images: z.int(),
  assignment: assignmentSchema,
  seed: z.int(),
  /** Days that lie between a reader's earlier word on an image and the beginning of this round for that reader. */
  washoutDays: z.int(),
  /** Of numbers, in the label's unit: readings that lie no further apart agree. 0: only equal ones do. */
  tolerance: z.number(),
  readers: z.array(
    z.object({
      reader: z.string(),
      name: z.string(),
      assigned: z.int(),
      /** Labelled or skipped. */
      read: z.int(),
      /** Null: now. Else when the wash-out is over, ISO 8601. */
      availableFrom: z.string().nullable(),
      /** Median seconds an image, of those that were timed. */
      medianSeconds: z.number().nullable(),
    }),
  ),
  openedAt: z.string(),
  closedAt: z.string().nullable(),
  /** Of a closed round: images on which readers disagree, and how many of them are decided. */
  disagreements: z.int().nullable(),
  adjudicated: z.int().nullable(),
});
export type ReadingRound = z.infer<typeof roundSchema>;

export const agreementMeasureSchema = z.object({
  id: z.enum([
    'percent',
    'within',
    'icc',
    'cohen',
    'cohenLinear',
    'cohenQuadratic',
    'fleiss',
    'krippendorff',
  ]),
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  units: z.int(),
  patients: z.int(),
  method: z.string(),
});

/** A figure in the label's unit with its 95 % interval, which is null with too few patients. */
const figureSchema = z.object({ value: z.number(), low: z.number().nullable(), high: z.number().nullable() });

/** Two readers' numbers: mean difference (second − first) and its 95 % limits of agreement (Bland, Altman 1986). */
export const numberDifferenceSchema = z.object({
  mean: figureSchema,
  lower: figureSchema,
  upper: figureSchema,
  units: z.int(),
  patients: z.int(),
  method: z.string(),
});
export type NumberDifference = z.infer<typeof numberDifferenceSchema>;

/** How well the readers of a closed round agree. */
export const agreementSchema = z.object({
  round: z.string(),
  /** What was compared: 'labels', of a multi-label project one class at a time. */
  parts: z.array(
    z.object({
      /** Class name of a multi-label project; null: the label as a whole. */
      class: z.string().nullable(),
      scale: z.enum(['nominal', 'ordinal', 'interval']),
      group: z.array(agreementMeasureSchema),
      pairs: z.array(
        z.object({
          readers: z.tuple([z.string(), z.string()]),
          measures: z.array(agreementMeasureSchema),
          /** Categories of the confusion: class names in order; empty for numbers. */
          categories: z.array(z.string()),
          /** Rows the first reader's categories, columns the second's: the images of each cell. */
          cells: z.array(z.array(z.array(z.string()))),
          /** Of numbers; null of others, and with fewer than two images that both read. */
          difference: numberDifferenceSchema.nullable(),
          /** Of numbers: what each said of the images that both read. */
          points: z.array(z.object({ image: z.string(), first: z.number(), second: z.number() })),
        }),
      ),
    }),
  ),
});
export type RoundAgreement = z.infer<typeof agreementSchema>;

/** An image on which the readers of a closed round disagree. */
export const disagreementSchema = z.object({
  image: z.string(),
  words: z.array(readerLabelSchema.extend({ reader: z.string() })),
  /** The adjudicator's word; null: not decided yet. */
  decided: readerLabelSchema.extend({ reader: z.string() }).nullable(),
});
export type Disagreement = z.infer<typeof disagreementSchema>;

/** What another rule would do to the labels of record. */
export const rulePreviewSchema = z.object({
  rule: labelRuleSchema,
  /** Images whose label of record would be another: of these `gained` have none now, `lost` would have none. */
  changed: z.int(),
  gained: z.int(),
  lost: z.int(),
  /** The first `mostImagesInList` of them, as they were added. */
  images: z.array(z.string()),
  /** The first of them with their labels, now and then: class names or a number; null: none. */
  examples: z.array(
    z.object({
      image: z.string(),
      now: z.union([z.string(), z.number()]).nullable(),
      then: z.union([z.string(), z.number()]).nullable(),
    }),
  ),
});
export type RulePreview = z.infer<typeof rulePreviewSchema>;

/** What a round would begin with. */
export const roundOutlookSchema = z.object({
  /** Images that would be read: one of each thing that labels are said of. */
  images: z.int(),
  /** Those of them that some of its readers have labelled already, where the others can see it. */
  labelled: z.int(),
});
export type RoundOutlook = z.infer<typeof roundOutlookSchema>;

const roundImagesSchema = z.union([chosenImagesSchema, z.object({ query: imageQuerySchema })]);
const person = z.string().trim().min(1).max(100);
const ofRound = projectInput.extend({ round: z.string() });

export const roundContract = {
  /**
   * What a round of these images and readers would begin with; opens nothing. Names that are not known have labelled
   * nothing. @throws `unknownImage` for ids
   */
  outlook: oc
    .input(projectInput.extend({ images: roundImagesSchema, readers: z.array(person).max(50) }))
    .output(roundOutlookSchema),
  /**
   * Opens a blinded round. @throws `usage` for no images, more readers an image than there are, or a tolerance where
   * labels are no numbers; `unknownReader`; `unknownImage` for ids
   */
  open: oc
    .input(
      projectInput.extend({
        /** Who opens it. */
        reader: person,
        name: z.string().trim().min(1).max(100),
        images: roundImagesSchema,
        /** Names; made when new. */
        readers: z.array(person).min(1).max(50),
        assignment: assignmentSchema.default({ kind: 'all' }),
        seed: z.int().min(0).max(0xffffffff).default(1),
        washoutDays: z.int().min(0).max(3650).default(0),
        tolerance: z.number().min(0).default(0),
      }),
    )
    .output(roundSchema),
  /** Newest first. */
  list: oc.input(projectInput).output(z.array(roundSchema)),
  /**
   * A reader's worklist as a view, in the reader's own order. @throws `notPermitted` before the wash-out is over, or
   * for one who does not read in it; `unknownRound`
   */
  worklist: oc.input(ofRound.extend({ reader: person })).output(viewSchema),
  /** Ends the round: from now on everybody sees its words, and they make labels of record. Cannot be taken back. */
  close: oc.input(ofRound.extend({ reader: person })).output(roundSchema),
  /** @throws `notPermitted` while the round is open */
  agreement: oc.input(ofRound).output(agreementSchema),
  /** A page of what readers disagree on, undecided ones first. @throws `notPermitted` while the round is open */
  disagreements: oc
    .input(ofRound.extend({ offset: z.int().min(0).default(0), limit: z.int().min(1).max(500).default(100) }))
    .output(z.object({ total: z.int(), decided: z.int(), rows: z.array(disagreementSchema) })),
  /** All of these images as a view that decisions do not move. @throws `notPermitted` while the round is open */
  adjudicationList: oc.input(ofRound).output(viewSchema),
  /** What was said of images, of those that were read in the round. @throws `notPermitted` while the round is open */
  words: oc
    .input(ofRound.extend({ images: z.array(z.string()).min(1).max(100) }))
    .output(z.array(disagreementSchema)),
  /** An adjudicator's word on an image of a closed round; it stands over the readers'. Undone in that round. */
  adjudicate: oc
    .input(ofRound.extend({ reader: person, image: z.string(), change: labelChangeSchema }))
    .output(disagreementSchema),
  /** How the label of record follows from readers' words, of this project; undoable. */
  rule: oc.input(projectInput).output(z.object({ rule: labelRuleSchema })),
  /** Which labels of record would be others under a rule; changes nothing. */
  previewRule: oc.input(projectInput.extend({ rule: labelRuleSchema })).output(rulePreviewSchema),
  setRule: oc
    .input(projectInput.extend({ reader: person, rule: labelRuleSchema }))
    .output(z.object({ rule: labelRuleSchema })),
};
