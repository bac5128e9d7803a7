import { eventIterator, oc } from '@orpc/contract';
import { z } from 'zod';

import { sequencedEventSchema } from './events.ts';
import { jobStarted } from './job.ts';

export const backendReportSchema = z.object({
  id: z.string(),
  ok: z.boolean(),
  device: z.string().nullable(),
  version: z.string().nullable(),
  reason: z.string(),
  remedy: z.string(),
});
export type BackendReport = z.infer<typeof backendReportSchema>;

export const doctorReportSchema = z.object({
  ok: z.boolean(),
  readroom: z.string(),
  node: z.string(),
  platform: z.string(),
  cores: z.int(),
  memoryBytes: z.number(),
  chosenBackend: z.string().nullable(),
  backends: z.array(backendReportSchema),
  electron: z.object({
    ok: z.boolean(),
    version: z.string().nullable(),
    reason: z.string(),
    remedy: z.string(),
  }),
  browser: z.object({
    ok: z.boolean(),
    version: z.string().nullable(),
    reason: z.string(),
    remedy: z.string(),
  }),
  sqlite: z.string(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string(), remedy: z.string() })),
});
export type DoctorReport = z.infer<typeof doctorReportSchema>;

export const sampleResultSchema = z.object({
  folder: z.string(),
  images: z.int(),
  patients: z.int(),
  classes: z.array(z.string()),
  generated: z.literal(true),
  generatorVersion: z.int(),
});
export type SampleResult = z.infer<typeof sampleResultSchema>;

export const aboutSchema = z.object({
  version: z.string(),
  host: z.enum(['electron', 'server', 'command line']),
  platform: z.string(),
  cores: z.int(),
  memoryBytes: z.number(),
  /** Of the user at this machine: who reads when nobody else is named. */
  userName: z.string(),
  /** Name of the person who signed in; null for who uses the machine itself, and may do everything. */
  profile: z.string().nullable().default(null),
  /** The backend that answered when backends were last probed; null before. */
  backend: z.object({ id: z.string(), device: z.string().nullable() }).nullable(),
  /** `seq` of the newest event: a client that starts now subscribes from here. */
  seq: z.int(),
});
export type About = z.infer<typeof aboutSchema>;

export const folderEntrySchema = z.object({
  name: z.string(),
  path: z.string(),
  kind: z.enum(['folder', 'file', 'project']),
  sizeBytes: z.number().nullable(),
});
export const folderListingSchema = z.object({
  path: z.string(),
  /** Null at the top. */
  parent: z.string().nullable(),
  entries: z.array(folderEntrySchema),
  /** More entries than are listed. */
  truncated: z.boolean(),
  places: z.array(z.object({ name: z.string(), path: z.string() })),
});
export type FolderListing = z.infer<typeof folderListingSchema>;

/** What the user chose for every project on this machine. */
const textSizeSchema = z.union([z.literal(100), z.literal(115), z.literal(130), z.literal(150)]);
export const settingsSchema = z.object({
  theme: z.enum(['system', 'dark', 'light']).default('dark'),
  /** Of the screens' text, in percent of the usual. */
  textSize: textSizeSchema.default(100),
  /** Who reads; empty: the user of this machine. */
  reader: z.string().max(100).default(''),
  /** Command id → key, where it differs from the command's own. Empty text: no key. */
  keys: z.record(z.string(), z.string().max(40)).default({}),
  /** What a mouse's button or wheel does to a picture, where it differs from the usual: gesture → action. */
  mouse: z.record(z.string(), z.string().max(40)).default({}),
  /** After a label the next image comes by itself. */
  autoNext: z.boolean().default(true),
  /** Where new projects are put; null: the user's own folder. */
  projectsFolder: z.string().nullable().default(null),
  /** A backend id, or `auto`. */
  backend: z.string().default('auto'),
  /** What a project's images prepared for trainings may take; those that were not used for longest make room. */
  preparedGigabytes: z.int().min(1).max(1_000_000).default(20),
});
export type Settings = z.infer<typeof settingsSchema>;
/** What a person who signed in to a server sets for themselves; the rest is the machine's. */
export const ownSettings = settingsSchema.pick({
  theme: true,
  textSize: true,
  keys: true,
  mouse: true,
  autoNext: true,
});
export type OwnSettings = z.infer<typeof ownSettings>;
/** How many bytes of images prepared for trainings a project may hold. */
export const inputLimitBytes = ({ preparedGigabytes }: Settings): number => preparedGigabytes * 1e9;

export const settingsContract = {
  get: oc.output(settingsSchema),
  /** Only what is given changes. */
  set: oc
    .input(
      z.object({
        theme: z.enum(['system', 'dark', 'light']).optional(),
        textSize: textSizeSchema.optional(),
        reader: z.string().max(100).optional(),
        keys: z.record(z.string(), z.string().max(40)).optional(),
        mouse: z.record(z.string(), z.string().max(40)).optional(),
        autoNext: z.boolean().optional(),
        projectsFolder: z.string().nullable().optional(),
        backend: z.string().optional(),
        preparedGigabytes: z.int().min(1).max(1_000_000).optional(),
      }),
    )
    .output(settingsSchema),
};

export const systemContract = {
  doctor: oc.output(doctorReportSchema),
  about: oc.output(aboutSchema),
  /** Folders and files of the machine that the engine runs on, for choosing a path without a native dialog. */
  listFolder: oc
    .input(
      z.object({
        path: z.string().nullable().default(null),
        hidden: z.boolean().default(false),
        /** Which files are shown: what can be imported, or what weights can be read from. */
        files: z.enum(['importable', 'weights']).default('importable'),
      }),
    )
    .output(folderListingSchema),
  /** Every event after `since`; one that is too old is answered by starting at the oldest kept. */
  events: oc
    .input(z.object({ since: z.int().min(0).default(0) }))
    .output(eventIterator(sequencedEventSchema)),
  sample: oc
    .input(
      z.object({
        folder: z.string(),
        template: z.string(),
        images: z.int().min(8).max(100_000).default(1000),
        seed: z.int().min(0).max(0xffffffff).default(1),
      }),
    )
    .output(jobStarted),
};
