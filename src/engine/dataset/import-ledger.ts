import type { SplitPart } from '../../contract/split.ts';
import type { LabelLevel } from '../../contract/project.ts';
import { heirOf, type Heirs } from '../../core/label-record.ts';
import type { ImportedLabel, NewFile, WrittenFile } from '../db/import-files.ts';
import type { FileAddition, ImportChunk, ImportReading } from '../db/import-repository.ts';
import type { InspectedFile } from '../media/decode-pool.ts';
import { createStudyLedger } from './import-studies.ts';

/** What an import says about one file besides its pixels. */
export interface FilePlan {
  /** Of all its pictures. */
  label: ImportedLabel | null;
  /** Of single pictures, by frame, which goes before. */
  frameLabels?: ReadonlyMap<number, ImportedLabel>;
  patientKey: string | null;
  part: SplitPart | null;
}

interface EntryImage {
  /** Null until the image has its row; never set in a dry run. */
  image: string | null;
  labelled: boolean;
  label: ImportedLabel | null;
}

/** What is known of some bytes: a file in the project, or one that this import adds. */
interface Entry {
  /** Null until the file has its row; never set in a dry run. */
  file: string | null;
  patientKey: string | null;
  seriesUid: string | null;
  studyUid: string | null;
  part: SplitPart | null;
  images: EntryImage[];
  /** The rows to be, while their chunk is open: what a copy in the same chunk knows is filled in here. */
  pending: NewFile | null;
  hasPictureFacts: boolean;
  /** The first file of this import with these bytes, as a person knows it; null before one was met. */
  firstFile: string | null;
}

export type Verdict = 'new' | 'present' | 'changed';

/** What is remarkable about a file that the project has already, or about a new one's study. */
export type Oddity = 'elsewhere' | 'copy' | 'label' | 'contradiction' | 'patient' | 'part' | 'study';

export interface Settled {
  verdict: Verdict;
  /** What the file is after the import. */
  plan: Omit<FilePlan, 'frameLabels'>;
  odd: Oddity[];
  /** The file of this import that had the same bytes first; null for that one itself. */
  copyOf: string | null;
}

/** Where a file lies that is referenced there. */
export interface Place {
  rootId: string;
  relativePath: string;
}

const labelOf = ({ label, frameLabels }: FilePlan, frame: number): ImportedLabel | null =>
  frameLabels?.get(frame) ?? label;

/** What an image's label may be said of. */
type Home = Pick<Entry, 'patientKey' | 'seriesUid' | 'studyUid'>;
const homeKeys = {
  series: (home: Home) => home.seriesUid,
  study: (home: Home) => home.studyUid,
  patient: (home: Home) => home.patientKey,
} as const;

/** What an import needs to know of the project's labels. */
export interface LabelRules {
  /** What a label is said of. */
  level: LabelLevel;
  /** Of classes that were merged or split up. */
  heirs: Heirs;
}

/**
 * Who is who in one import, by content. `settle` and `meet` decide file by file; `open` is what the open chunk will
 * write, and is emptied by `closeChunk`. Counts are of images.
 */
export function createImportLedger(reading: ImportReading, dryRun: boolean, { level, heirs }: LabelRules) {
  const byBytes = new Map<string, Entry>();
  /** Ids of files that were taken back, by their bytes, until this import brings them again. */
  const removedFiles = new Map<string, string>();
  const pixels = new Map<string, { label: ImportedLabel | null; part: SplitPart | null }>();
  /** What imports say of a series, study or patient as a whole: null for no or several classes. */
  const saidOf = new Map<string, ImportedLabel | null>();
  const studies = createStudyLedger(reading);
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

  function gainLabel(label: ImportedLabel): void {
    counts.labelled += 1;
    if (typeof label === 'string') newByClass.set(label, (newByClass.get(label) ?? 0) + 1);
  }

  /** The label that counts of those given to one series, study or patient, which is the first; of an image its own. */
  function first(entry: Home, label: ImportedLabel): ImportedLabel | null {
    const key = level === 'image' ? null : homeKeys[level](entry);
    if (level === 'image' || key === null) return label;
    const known = saidOf.get(key);
    if (known !== undefined) return known;
    const standing = reading.importedLabel(level, key);
    const said =
      standing === undefined ? label : typeof standing === 'string' ? heirOf(standing, heirs) : standing;
    saidOf.set(key, said);
    return said;
  }

  function addition({ file }: Entry, change: Omit<FileAddition, 'file'>): void {
    if (file !== null) additions.set(file, { ...additions.get(file), file, ...change });
  }

  /** Labels the entry's images that have none; says whether any is labelled otherwise, or its home is. */
  function label(entry: Entry, plan: FilePlan): Oddity[] {
    const labels: { image: string; label: ImportedLabel }[] = [];
    let conflicts = 0;
    let contradictions = 0;
    for (const [frame, image] of entry.images.entries()) {
      const given = labelOf(plan, frame);
      if (given === null) continue;
      if (image.labelled) {
        if (image.label !== given) conflicts += 1;
        continue;
      }
      const counting = first(entry, given);
      if (counting !== given) contradictions += 1;
      if (counting === null) continue;
      image.labelled = true;
      image.label = counting;
      gainLabel(counting);
      if (entry.pending) entry.pending.labels[frame] = counting;
      if (image.image !== null) labels.push({ image: image.image, label: counting });
    }
    if (labels.length > 0) addition(entry, { labels });
    if (entry.firstFile === null) counts.labelConflicts += conflicts;
    return [
      ...(conflicts > 0 ? ['label' as const] : []),
      ...(contradictions > 0 ? ['contradiction' as const] : []),
    ];
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
    // A label may be the patient's.
    const isOthers = patientKey !== null && nameOwner(entry, patientKey);
    odd.push(...label(entry, plan));
    if (isOthers) odd.push('patient');
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
  function comparePixels(pixelSha256: string, label: ImportedLabel | null, part: SplitPart | null): void {
    const twin = pixels.get(pixelSha256);
    if (!twin) {
      pixels.set(pixelSha256, { label, part });
      return;
    }
    const unlike = <T>(a: T | null, b: T | null): boolean => a !== null && b !== null && a !== b;
    if (unlike(twin.label, label) || unlike(twin.part, part)) counts.pixelConflicts += 1;
  }

  function entryOf(byteSha256: string): Entry | null {
    const seen = byBytes.get(byteSha256);
    if (seen) return seen;
    const stored = reading.findByBytes(byteSha256);
    if (stored?.removed === true) removedFiles.set(byteSha256, stored.file);
    if (!stored || stored.removed) return null;
    const entry: Entry = { ...stored, images: [...stored.images], pending: null, firstFile: null };
    byBytes.set(byteSha256, entry);
    return entry;
  }

  /** Decides about bytes without their picture; null when they are new. `file` is its name for people. */
  function meet(byteSha256: string, plan: FilePlan, place: Place | null, file: string): Settled | null {
    const stored = place ? reading.imageAt(place.rootId, place.relativePath) : null;
    if (stored && stored.byteSha256 !== byteSha256)
      return { verdict: 'changed', plan, odd: [], copyOf: null };
    const entry = entryOf(byteSha256);
    if (!entry) return null;
    counts.alreadyPresent += entry.images.length;
    const copyOf = entry.firstFile === file ? null : entry.firstFile;
    const elsewhere = entry.firstFile === null && place !== null && stored === null;
    if (elsewhere) counts.elsewhere += 1;
    const odd = complete(entry, plan);
    entry.firstFile ??= file;
    const { images, patientKey, part } = entry;
    return {
      verdict: 'present',
      plan: { label: images[0]?.label ?? null, patientKey, part },
      odd: [
        ...(elsewhere ? ['elsewhere' as const] : []),
        ...(copyOf !== null ? ['copy' as const] : []),
        ...odd,
      ],
      copyOf,
    };
  }

  /** Takes in a file that the project does not have. */
  function admit({ file, pictures }: InspectedFile, plan: FilePlan, place: Place, shownAs: string): Settled {
    const { patientKey, inSeries, conflict, named } = studies.join(
      file.header,
      plan.patientKey,
      pictures.length,
    );
    const home: Home = {
      patientKey,
      seriesUid: inSeries ? file.header!.seriesUid : null,
      studyUid: inSeries ? file.header!.studyUid : null,
    };
    const given = pictures.map(({ frame }) => labelOf(plan, frame));
    const labels = given.map((label) => (label === null ? null : first(home, label)));
    const contradicts = labels.some((label, index) => label !== given[index]);
    const added: NewFile = {
      ...place,
      ...{ facts: file, pictures, patientKey, part: plan.part, labels, inSeries },
      removedFile: removedFiles.get(file.byteSha256) ?? null,
    };
    const entry: Entry = {
      ...{ file: null, ...home, part: plan.part, hasPictureFacts: true },
      images: labels.map((label) => ({ image: null, labelled: label !== null, label })),
      pending: dryRun ? null : added,
      firstFile: shownAs,
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
      const label = labels[index] ?? null;
      if (label !== null) gainLabel(label);
      comparePixels(pixelSha256, label, plan.part);
    }
    return {
      verdict: 'new',
      plan: { label: labels[0] ?? null, patientKey, part: plan.part },
      odd: [...(conflict ? ['study' as const] : []), ...(contradicts ? ['contradiction' as const] : [])],
      copyOf: null,
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

    /** Images of the files that were met, each once however many copies of its file there are. */
    images: (): number => [...byBytes.values()].reduce((sum, { images }) => sum + images.length, 0),

    /** Decides what a decoded file is. `place` is null when it is copied, to `copiedTo`; `file` its name for people. */
    settle(
      inspected: InspectedFile,
      plan: FilePlan,
      place: Place | null,
      file: string,
      copiedTo: () => Place,
    ): Settled {
      const { byteSha256 } = inspected.file;
      const met = meet(byteSha256, plan, place, file);
      if (!met) return admit(inspected, plan, place ?? copiedTo(), file);
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
