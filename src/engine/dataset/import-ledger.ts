import type { SplitPart } from '../../contract/dataset.ts';
import type { NewFile, WrittenFile } from '../db/import-files.ts';
import type { FileAddition, ImportChunk, ImportReading } from '../db/import-repository.ts';
import type { InspectedFile } from '../media/decode-pool.ts';
import { createStudyLedger } from './import-studies.ts';

/** What an import says about one file besides its pixels. */
export interface FilePlan {
  /** Of all its pictures. */
  classId: string | null;
  /** Of single pictures, by frame, which goes before. */
  frameClassIds?: ReadonlyMap<number, string>;
  patientKey: string | null;
  part: SplitPart | null;
}

interface EntryImage {
  /** Null until the image has its row; never set in a dry run. */
  image: string | null;
  labelled: boolean;
  classId: string | null;
}

/** What is known of some bytes: a file in the project, or one that this import adds. */
interface Entry {
  /** Null until the file has its row; never set in a dry run. */
  file: string | null;
  patientKey: string | null;
  studyUid: string | null;
  part: SplitPart | null;
  images: EntryImage[];
  /** The rows to be, while their chunk is open: what a copy in the same chunk knows is filled in here. */
  pending: NewFile | null;
  hasPictureFacts: boolean;
}

export type Verdict = 'new' | 'present' | 'changed';

/** What is remarkable about a file that the project has already, or about a new one's study. */
export type Oddity = 'elsewhere' | 'label' | 'patient' | 'part' | 'study';

export interface Settled {
  verdict: Verdict;
  /** What the file is after the import. */
  plan: Omit<FilePlan, 'frameClassIds'>;
  odd: Oddity[];
}

/** Where a file lies that is referenced there. */
export interface Place {
  rootId: string;
  relativePath: string;
}

const classOf = ({ classId, frameClassIds }: FilePlan, frame: number): string | null =>
  frameClassIds?.get(frame) ?? classId;

/**
 * Who is who in one import, by content. `settle` and `meet` decide file by file; `open` is what the open chunk will
 * write, and is emptied by `closeChunk`. Counts are of images.
 */
export function createImportLedger(known: ImportReading, dryRun: boolean) {
  const byBytes = new Map<string, Entry>();
  /** Ids of files that were taken back, by their bytes, until this import brings them again. */
  const removedFiles = new Map<string, string>();
  const pixels = new Map<string, { classId: string | null; part: SplitPart | null }>();
  const studies = createStudyLedger(known);
  let newFiles: NewFile[] = [];
  let newEntries: Entry[] = [];
  let additions = new Map<string, FileAddition>();
  const newPatients = new Set<string>();
  const newByClass = new Map<string, number>();
  const counts = {
    added: 0,
    alreadyPresent: 0,
    /** Files. */
    elsewhere: 0,
    labelled: 0,
    withoutPatient: 0,
    generated: 0,
    labelConflicts: 0,
    patientConflicts: 0,
    partConflicts: 0,
    pixelConflicts: 0,
  };

  function gainLabel(classId: string): void {
    counts.labelled += 1;
    newByClass.set(classId, (newByClass.get(classId) ?? 0) + 1);
  }

  function addition({ file }: Entry, change: Omit<FileAddition, 'file'>): void {
    if (file !== null) additions.set(file, { ...additions.get(file), file, ...change });
  }

  /** Labels the entry's images that have none; says whether any is labelled otherwise. */
  function label(entry: Entry, plan: FilePlan): boolean {
    const labels: { image: string; classId: string }[] = [];
    let conflicts = 0;
    for (const [frame, image] of entry.images.entries()) {
      const classId = classOf(plan, frame);
      if (classId === null) continue;
      if (image.labelled) {
        if (image.classId !== classId) conflicts += 1;
        continue;
      }
      image.labelled = true;
      image.classId = classId;
      gainLabel(classId);
      if (entry.pending) entry.pending.classIds[frame] = classId;
      if (image.image !== null) labels.push({ image: image.image, classId });
    }
    if (labels.length > 0) addition(entry, { labels });
    counts.labelConflicts += conflicts;
    return conflicts > 0;
  }

  /** Gives the entry its patient, and its study, unless it has one; says whether that is another. */
  function nameOwner(entry: Entry, patientKey: string): boolean {
    const { studyUid } = entry;
    const before = studyUid === null ? entry.patientKey : studies.patientOf(studyUid);
    entry.patientKey = before ?? patientKey;
    if (before !== null) {
      if (before !== patientKey) counts.patientConflicts += entry.images.length;
      return before !== patientKey;
    }
    newPatients.add(patientKey);
    if (studyUid !== null) counts.withoutPatient -= studies.name(studyUid, patientKey);
    else if (entry.pending) entry.pending.patientKey = patientKey;
    else addition(entry, { patientKey });
    return false;
  }

  /** Adds what the entry lacks; what it has already is never overwritten. Returns what this import says otherwise. */
  function complete(entry: Entry, plan: FilePlan): Oddity[] {
    const { patientKey, part } = plan;
    const odd: Oddity[] = [];
    if (label(entry, plan)) odd.push('label');
    if (patientKey !== null && nameOwner(entry, patientKey)) odd.push('patient');
    if (part !== null && entry.part === null) {
      entry.part = part;
      if (entry.pending) entry.pending.part = part;
      addition(entry, { part });
    } else if (part !== null && entry.part !== part) {
      counts.partConflicts += entry.images.length;
      odd.push('part');
    }
    return odd;
  }

  /** Equal pictures in unequal files: worth a word when they are labelled or placed differently. */
  function comparePixels(pixelSha256: string, classId: string | null, part: SplitPart | null): void {
    const twin = pixels.get(pixelSha256);
    if (!twin) {
      pixels.set(pixelSha256, { classId, part });
      return;
    }
    const unlike = <T>(a: T | null, b: T | null): boolean => a !== null && b !== null && a !== b;
    if (unlike(twin.classId, classId) || unlike(twin.part, part)) counts.pixelConflicts += 1;
  }

  function entryOf(byteSha256: string): Entry | null {
    const seen = byBytes.get(byteSha256);
    if (seen) return seen;
    const stored = known.findByBytes(byteSha256);
    if (stored?.removed === true) removedFiles.set(byteSha256, stored.file);
    if (!stored || stored.removed) return null;
    const entry: Entry = { ...stored, images: [...stored.images], pending: null };
    byBytes.set(byteSha256, entry);
    return entry;
  }

  /** Decides about bytes without their picture; null when they are new. */
  function meet(byteSha256: string, plan: FilePlan, place: Place | null): Settled | null {
    const stored = place ? known.imageAt(place.rootId, place.relativePath) : null;
    if (stored && stored.byteSha256 !== byteSha256) return { verdict: 'changed', plan, odd: [] };
    const entry = entryOf(byteSha256);
    if (!entry) return null;
    counts.alreadyPresent += entry.images.length;
    const elsewhere = place !== null && stored === null;
    if (elsewhere) counts.elsewhere += 1;
    const odd = complete(entry, plan);
    const { images, patientKey, part } = entry;
    return {
      verdict: 'present',
      plan: { classId: images[0]?.classId ?? null, patientKey, part },
      odd: elsewhere ? ['elsewhere', ...odd] : odd,
    };
  }

  /** Takes in a file that the project does not have. */
  function admit({ file, pictures }: InspectedFile, plan: FilePlan, place: Place): Settled {
    const { patientKey, inSeries, conflict, named } = studies.join(
      file.header,
      plan.patientKey,
      pictures.length,
    );
    const classIds = pictures.map(({ frame }) => classOf(plan, frame));
    const added: NewFile = {
      ...place,
      ...{ facts: file, pictures, patientKey, part: plan.part, classIds, inSeries },
      removedFile: removedFiles.get(file.byteSha256) ?? null,
    };
    const entry: Entry = {
      ...{ file: null, patientKey, part: plan.part, hasPictureFacts: true },
      studyUid: inSeries ? file.header!.studyUid : null,
      images: classIds.map((classId) => ({ image: null, labelled: classId !== null, classId })),
      pending: dryRun ? null : added,
    };
    byBytes.set(file.byteSha256, entry);
    if (!dryRun) {
      newFiles.push(added);
      newEntries.push(entry);
    }
    counts.added += pictures.length;
    if (file.generated) counts.generated += pictures.length;
    if (patientKey === null) counts.withoutPatient += pictures.length;
    else newPatients.add(patientKey);
    counts.withoutPatient -= named;
    for (const [index, { pixelSha256 }] of pictures.entries()) {
      const classId = classIds[index] ?? null;
      if (classId !== null) gainLabel(classId);
      comparePixels(pixelSha256, classId, plan.part);
    }
    return {
      verdict: 'new',
      plan: { classId: classOf(plan, 0), patientKey, part: plan.part },
      odd: conflict ? ['study'] : [],
    };
  }

  return {
    counts,

    /** Classes of labels that this import gives, by id. */
    newByClass: newByClass as ReadonlyMap<string, number>,
    /** Patients that this import names, those that the project has already included. */
    newPatients: newPatients as ReadonlySet<string>,
    /** Studies by the UIDs of their series, as far as new files belong to them. */
    series: studies.series,

    meet,

    /** Decides what a decoded file is. `place` is null when it is copied, to `copiedTo`. */
    settle(inspected: InspectedFile, plan: FilePlan, place: Place | null, copiedTo: () => Place): Settled {
      const { byteSha256 } = inspected.file;
      const met = meet(byteSha256, plan, place);
      if (!met) return admit(inspected, plan, place ?? copiedTo());
      const entry = byBytes.get(byteSha256);
      if (met.verdict === 'present' && entry && !entry.hasPictureFacts) {
        entry.hasPictureFacts = true;
        addition(entry, { pictureFacts: inspected.pictures[0]! });
      }
      return met;
    },

    /** How many images the open chunk will add. */
    size: (): number => newFiles.reduce((sum, { pictures }) => sum + pictures.length, 0),

    /** What the open chunk will write; nothing in a dry run. */
    open: (): ImportChunk => ({
      files: newFiles,
      additions: [...additions.values()],
      studyPatients: dryRun ? new Map() : studies.fills(),
    }),

    /** Ends the chunk; `written` are the rows of its new files, in order. */
    closeChunk(written: readonly WrittenFile[]): void {
      newEntries.forEach((entry, i) => {
        entry.file = written[i]?.file ?? null;
        entry.images.forEach((image, frame) => (image.image = written[i]?.images[frame] ?? null));
        entry.pending = null;
      });
      newFiles = [];
      newEntries = [];
      additions = new Map();
      studies.closeChunk();
    },
  };
}
export type ImportLedger = ReturnType<typeof createImportLedger>;
