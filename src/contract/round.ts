import { oc } from '@orpc/contract';
import { z } from 'zod';

import { imageQuerySchema, readerLabelSchema } from './dataset.ts';
import { labelChangeSchema } from './label.ts';
import { projectInput } from './project.ts';

/** Who gets which images: all readers all, each image one reader, or each image `k` readers. Patients stay whole. */
export const assignmentSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('all') }),
  z.object({ kind: z.literal('share') }),
  z.object({ kind: z.literal('overlap'), k: z.int().min(1).max(100) }),
]);

/** Behind a round's id: where adjudicators' words on it are kept, and undone. */
export const adjudicationMark = ':adjudication';

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
  id: z.enum(['percent', 'cohen', 'cohenLinear', 'cohenQuadratic', 'fleiss', 'krippendorff']),
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  units: z.int(),
  patients: z.int(),
  method: z.string(),
});

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
          /** Of numbers: mean difference (second − first) and its 95 % limits (Bland, Altman 1986). */
          difference: z.object({ mean: z.number(), low: z.number(), high: z.number() }).nullable(),
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

const person = z.string().trim().min(1).max(100);
const ofRound = projectInput.extend({ round: z.string() });

export const roundContract = {
  /**
   * Opens a blinded round. @throws `usage` for no images or more readers an image than there are; `unknownReader`
   */
  open: oc
    .input(
      projectInput.extend({
        /** Who opens it. */
        reader: person,
        name: z.string().trim().min(1).max(100),
        images: z.union([
          z.object({ ids: z.array(z.string()).min(1).max(100_000) }),
          z.object({ query: imageQuerySchema }),
        ]),
        /** Names; made when new. */
        readers: z.array(person).min(1).max(50),
        assignment: assignmentSchema.default({ kind: 'all' }),
        seed: z.int().min(0).max(0xffffffff).default(1),
        washoutDays: z.int().min(0).max(3650).default(0),
      }),
    )
    .output(roundSchema),
  /** Newest first. */
  list: oc.input(projectInput).output(z.array(roundSchema)),
  /**
   * A reader's worklist as a view, in the reader's own order. @throws `notPermitted` before the wash-out is over, or
   * for one who does not read in it; `unknownRound`
   */
  worklist: oc
    .input(ofRound.extend({ reader: person }))
    .output(z.object({ view: z.string(), total: z.int() })),
  /** Ends the round: from now on everybody sees its words, and they make labels of record. Cannot be taken back. */
  close: oc.input(ofRound.extend({ reader: person })).output(roundSchema),
  /** @throws `notPermitted` while the round is open */
  agreement: oc.input(ofRound).output(agreementSchema),
  /** Undecided ones first. @throws `notPermitted` while the round is open */
  disagreements: oc.input(ofRound).output(z.array(disagreementSchema)),
  /** An adjudicator's word on an image of a closed round; it stands over the readers'. Undone in that round. */
  adjudicate: oc
    .input(ofRound.extend({ reader: person, image: z.string(), change: labelChangeSchema }))
    .output(disagreementSchema),
  /** How the label of record follows from readers' words, of this project; undoable. */
  rule: oc.input(projectInput).output(z.object({ rule: labelRuleSchema })),
  setRule: oc
    .input(projectInput.extend({ reader: person, rule: labelRuleSchema }))
    .output(z.object({ rule: labelRuleSchema })),
};
