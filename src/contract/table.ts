import { oc } from '@orpc/contract';
import { z } from 'zod';

import { projectInput } from './project.ts';

/** What a column holds: numbers, one of two words for yes and no, or one of a few texts. */
export const columnKindSchema = z.enum(['number', 'yesNo', 'category']);
export type ColumnKind = z.infer<typeof columnKindSchema>;
export const columnKinds = columnKindSchema.options;

export const mostCategories = 100;

const columnBase = z.object({ name: z.string().min(1) });
/** A column of the clinical table. */
export const clinicalColumnSchema = z.discriminatedUnion('kind', [
  /** `unit`: as people write it, `mg/l`; empty for none. */
  columnBase.extend({ kind: z.literal('number'), unit: z.string() }),
  columnBase.extend({ kind: z.literal('yesNo') }),
  /** In natural order. */
  columnBase.extend({ kind: z.literal('category'), categories: z.array(z.string()).min(1) }),
]);
export type ClinicalColumn = z.infer<typeof clinicalColumnSchema>;

/** A number, yes or no, or a category, by the column's kind; null: missing. */
export const clinicalValueSchema = z.union([z.number(), z.boolean(), z.string()]).nullable();
export type ClinicalValue = z.infer<typeof clinicalValueSchema>;

/** How values of a column lie. */
export const columnSummarySchema = z.object({
  /** Patients with a value, and without one. */
  values: z.int(),
  missing: z.int(),
  /** Of numbers with a value at least; else null. */
  numbers: z
    .object({
      low: z.number(),
      high: z.number(),
      mean: z.number(),
      median: z.number(),
      /** Population standard deviation. */
      deviation: z.number(),
      /** Beyond three times the distance of the quartiles from them (Tukey 1977: far out). */
      outliers: z.int(),
      /** Some of them, the farthest first. */
      farthest: z.array(z.object({ patient: z.string(), value: z.number() })),
      /** All values are whole numbers. */
      whole: z.boolean(),
      /** Of equal width, from `from` to below `to`, the last one's end included. */
      bins: z.array(z.object({ from: z.number(), to: z.number(), n: z.int() })),
    })
    .nullable(),
  /** Of yes and no (`yes`, `no`) and of categories, in their order; else null. */
  counts: z.array(z.object({ value: z.string(), n: z.int() })).nullable(),
});
export type ColumnSummary = z.infer<typeof columnSummarySchema>;

/** How many, and the first of them: lists of patients are long. */
const someOf = z.object({ n: z.int(), first: z.array(z.string()) });
export const mostListedPatients = 20;

/** A column as a file has it, and what becomes of it. */
export const readColumnSchema = z.object({
  /** As it stands in the first line. */
  header: z.string(),
  /** Null: it is left out. */
  column: clinicalColumnSchema.nullable(),
  /** Why it is left out, as a sentence; empty where it is not. */
  leftOut: z.string(),
  /** Over patients that are in the project. */
  summary: columnSummarySchema.nullable(),
});
export type ReadColumn = z.infer<typeof readColumnSchema>;

export const tableReportSchema = z.object({
  /** Name of the file. */
  file: z.string(),
  dryRun: z.boolean(),
  /** Header of the column of patients. */
  key: z.string(),
  /** Lines with a patient, and different patients among them. */
  rows: z.int(),
  patients: z.int(),
  /** Of these, patients that are in the project: their values come in. */
  matched: z.int(),
  /** Patients that are not in the project: their rows stay out. */
  unknown: someOf,
  /** Patients of the project of whom the table says nothing. */
  withoutRow: someOf,
  columns: z.array(readColumnSchema),
  /** Cells that are no value of their column, and count as missing. */
  refusedCells: z.object({
    n: z.int(),
    first: z.array(z.object({ line: z.int(), column: z.string(), cell: z.string(), message: z.string() })),
  }),
  /** Patients with several lines that say different things. */
  conflicts: z.object({
    n: z.int(),
    first: z.array(z.object({ patient: z.string(), message: z.string() })),
  }),
  /** Why it cannot come in as it is, a sentence each; empty: it can. */
  problems: z.array(z.string()),
  warnings: z.array(z.string()),
  /** Exactly this stands in the project already. */
  alreadyPresent: z.boolean(),
});
export type TableReport = z.infer<typeof tableReportSchema>;

/** What counts as missing beside empty cells, in any case. */
export const usualMissing = ['NA', 'N/A', 'NaN', 'null', '-'];

/** What somebody says of a column, by its header. */
const columnChoiceSchema = z.object({
  /** Left out: found by its cells. */
  kind: z.enum([...columnKinds, 'leaveOut']).optional(),
  /** Left out: what stands in brackets behind the name. */
  unit: z.string().trim().max(30).optional(),
});
export type ColumnChoice = z.infer<typeof columnChoiceSchema>;

export const tableReadingInput = projectInput.extend({
  /** A CSV file with a header, separated by comma, semicolon or tab. */
  file: z.string().min(1),
  /** Header of the column of patients; left out, one called patient, patient_id, patientid or id. */
  key: z.string().trim().min(1).optional(),
  columns: z.record(z.string(), columnChoiceSchema).default({}),
  /** Words that count as missing beside empty cells, in any case. */
  missing: z.array(z.string().trim().min(1).max(30)).max(20).default(usualMissing),
});
export type TableReading = z.output<typeof tableReadingInput>;

export const clinicalTableSchema = z.object({
  table: z.string(),
  /** Name of the file that it came from. */
  file: z.string(),
  /** When it first came into a copy of the project, ISO 8601. */
  importedAt: z.string(),
  /** Patients of the project with a row in it, and those without. */
  patients: z.int(),
  withoutRow: someOf,
  columns: z.array(z.object({ column: clinicalColumnSchema, summary: columnSummarySchema })),
});
export type ClinicalTable = z.infer<typeof clinicalTableSchema>;

export const mostTableRows = 200;
/** Rows of the table that stands, by patient's key. */
export const tableRowsSchema = z.object({
  /** How many patients of the project fit the text. */
  total: z.int(),
  /** Null: the patient is in the project and has no row. */
  rows: z.array(z.object({ patient: z.string(), cells: z.array(clinicalValueSchema).nullable() })),
});
export type TableRows = z.infer<typeof tableRowsSchema>;

export const patientValuesSchema = z.object({
  /** Key of the patient; null: the image has none. */
  patient: z.string().nullable(),
  /** In the columns' order; null: the patient has no row. */
  values: z.array(z.object({ column: clinicalColumnSchema, value: clinicalValueSchema })).nullable(),
});
export type PatientValues = z.infer<typeof patientValuesSchema>;

const byPerson = projectInput.extend({ reader: z.string().trim().min(1).max(100) });

/**
 * The clinical table of a project: what is known of its patients beside pictures. There is one at a time; an undo
 * brings back the one before.
 */
export const tableContract = {
  /** What would come in of a file. @throws `badTable` for what is no table, or has no column of patients; `fileNotFound` */
  preview: oc.input(tableReadingInput).output(tableReportSchema),
  /** In place of the table that is there. @throws as `preview`, and `badTable` with the report's problems */
  import: oc.input(tableReadingInput.extend(byPerson.shape)).output(tableReportSchema),
  /** @throws `notPermitted` for who reads in an open round and is no owner */
  get: oc.input(projectInput).output(clinicalTableSchema.nullable()),
  /**
   * Patients of the project with their values in the columns' order, those whose key contains `text` in any case; null:
   * there is no table. @throws as `get`
   */
  rows: oc
    .input(
      projectInput.extend({
        text: z.string().max(200).default(''),
        offset: z.int().min(0).default(0),
        limit: z.int().min(1).max(mostTableRows).default(50),
      }),
    )
    .output(tableRowsSchema.nullable()),
  /**
   * What the table says of a patient, by key or by an image; null: there is no table.
   * @throws `unknownImage`, `usage` for a patient who is not in the project, `notPermitted` for who reads in an open round
   */
  values: oc
    .input(
      projectInput.extend({
        of: z.union([z.object({ image: z.string() }), z.object({ patient: z.string() })]),
      }),
    )
    .output(patientValuesSchema.nullable()),
  /** Takes the table out. Whether there was one. */
  remove: oc.input(byPerson).output(z.object({ removed: z.boolean() })),
};
