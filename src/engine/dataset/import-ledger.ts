import type { SplitPart } from '../../contract/dataset.ts';
import type { ImageFacts } from '../../contract/decode.ts';
import type { ImageAddition, ImportReading, NewImage } from '../db/import-repository.ts';

/** What an import says about one file besides its pixels. */
export interface FilePlan {
  classId: string | null;
  patientKey: string | null;
  part: SplitPart | null;
}

/** What is known of some bytes: an image in the project, or one that this import adds. */
interface Entry extends FilePlan {
  /** Null until the image has its row; never set in a dry run. */
  image: string | null;
  /** The row to be, while its chunk is open: what a copy in the same chunk knows is filled in here. */
  pending: NewImage | null;
  hasPictureFacts: boolean;
}

export type Verdict = 'new' | 'present' | 'changed';

/** What is remarkable about a file that the project has already. */
export type Oddity = 'elsewhere' | 'label' | 'patient' | 'part';

export interface Settled {
  verdict: Verdict;
  /** What the image is after the import. */
  plan: FilePlan;
  odd: Oddity[];
}

/** Where a file lies that is referenced there. */
export interface Place {
  rootId: string;
  relativePath: string;
}

/**
 * Who is who in one import, by content. `settle` and `meet` decide file by file; `additions` and `newImages` are what
 * the open chunk will write, and are emptied by `closeChunk`.
 */
export function createImportLedger(known: ImportReading, dryRun: boolean) {
  const byBytes = new Map<string, Entry>();
  const pixels = new Map<string, FilePlan>();
  let newImages: NewImage[] = [];
  let newEntries: Entry[] = [];
  let additions = new Map<string, ImageAddition>();
  const newPatients = new Set<string>();
  const newByClass = new Map<string, number>();
  const counts = {
    added: 0,
    alreadyPresent: 0,
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

  function addition(entry: Entry, change: Omit<ImageAddition, 'image'>): void {
    if (entry.pending) Object.assign(entry.pending, change);
    if (entry.image === null) return;
    additions.set(entry.image, { ...additions.get(entry.image), image: entry.image, ...change });
  }

  /** Adds what the entry lacks; what it has already is never overwritten. Returns what this import says otherwise. */
  function complete(entry: Entry, plan: FilePlan): Oddity[] {
    const { classId, patientKey, part } = plan;
    const odd: Oddity[] = [];
    if (classId !== null && entry.classId === null) {
      entry.classId = classId;
      addition(entry, { classId });
      gainLabel(classId);
    } else if (classId !== null && entry.classId !== classId) {
      counts.labelConflicts += 1;
      odd.push('label');
    }
    if (patientKey !== null && entry.patientKey === null) {
      entry.patientKey = patientKey;
      addition(entry, { patientKey });
      newPatients.add(patientKey);
    } else if (patientKey !== null && entry.patientKey !== patientKey) {
      counts.patientConflicts += 1;
      odd.push('patient');
    }
    if (part !== null && entry.part === null) {
      entry.part = part;
      addition(entry, { part });
    } else if (part !== null && entry.part !== part) {
      counts.partConflicts += 1;
      odd.push('part');
    }
    return odd;
  }

  /** Equal pictures in unequal files: worth a word when they are labelled or placed differently. */
  function comparePixels(pixelSha256: string, plan: FilePlan): void {
    const twin = pixels.get(pixelSha256);
    if (!twin) {
      pixels.set(pixelSha256, plan);
      return;
    }
    const unlike = <T>(a: T | null, b: T | null): boolean => a !== null && b !== null && a !== b;
    if (unlike(twin.classId, plan.classId) || unlike(twin.part, plan.part)) counts.pixelConflicts += 1;
  }

  function entryOf(byteSha256: string): Entry | null {
    const seen = byBytes.get(byteSha256);
    if (seen) return seen;
    const stored = known.findByBytes(byteSha256);
    if (!stored) return null;
    const { image, classId, patientKey, part, hasPictureFacts } = stored;
    const entry: Entry = { image, classId, patientKey, part, hasPictureFacts, pending: null };
    byBytes.set(byteSha256, entry);
    return entry;
  }

  /** Decides about bytes without their picture; null when they are new. */
  function meet(byteSha256: string, plan: FilePlan, place: Place | null): Settled | null {
    const stored = place ? known.findByPath(place.rootId, place.relativePath) : null;
    if (stored && stored.byteSha256 !== byteSha256) return { verdict: 'changed', plan, odd: [] };
    const entry = entryOf(byteSha256);
    if (!entry) return null;
    counts.alreadyPresent += 1;
    const elsewhere = place !== null && stored === null;
    if (elsewhere) counts.elsewhere += 1;
    const odd = complete(entry, plan);
    const { classId, patientKey, part } = entry;
    return {
      verdict: 'present',
      plan: { classId, patientKey, part },
      odd: elsewhere ? ['elsewhere', ...odd] : odd,
    };
  }

  return {
    counts,

    /** Classes of labels that this import gives, by id. */
    newByClass: newByClass as ReadonlyMap<string, number>,
    /** Patients that this import names, those that the project has already included. */
    newPatients: newPatients as ReadonlySet<string>,

    meet,

    /** Decides what a decoded file is. `place` is null when it is copied. */
    settle(facts: ImageFacts, plan: FilePlan, place: Place | null, make: () => NewImage): Settled {
      const met = meet(facts.byteSha256, plan, place);
      if (met) {
        const entry = byBytes.get(facts.byteSha256);
        if (met.verdict === 'present' && entry && !entry.hasPictureFacts) {
          entry.hasPictureFacts = true;
          addition(entry, { pictureFacts: facts });
        }
        return met;
      }
      const image = dryRun ? null : make();
      const added: Entry = { ...plan, image: null, pending: image, hasPictureFacts: true };
      byBytes.set(facts.byteSha256, added);
      if (image) {
        newImages.push(image);
        newEntries.push(added);
      }
      counts.added += 1;
      if (facts.generated) counts.generated += 1;
      if (plan.patientKey === null) counts.withoutPatient += 1;
      else newPatients.add(plan.patientKey);
      if (plan.classId !== null) gainLabel(plan.classId);
      comparePixels(facts.pixelSha256, plan);
      return { verdict: 'new', plan, odd: [] };
    },

    /** What the open chunk will write. */
    open: (): { newImages: readonly NewImage[]; additions: ImageAddition[] } => ({
      newImages,
      additions: dryRun ? [] : [...additions.values()],
    }),

    /** Ends the chunk; `ids` are those of its new images, in order. */
    closeChunk(ids: readonly string[]): void {
      newEntries.forEach((entry, i) => {
        entry.image = ids[i] ?? null;
        entry.pending = null;
      });
      newImages = [];
      newEntries = [];
      additions = new Map();
    },
  };
}
export type ImportLedger = ReturnType<typeof createImportLedger>;
