import type { HeaderFacts } from '../../contract/decode.ts';
import type { ImportReading } from '../db/import-repository.ts';

interface Study {
  patientKey: string | null;
  /** Images of this import in it that wait for its patient. */
  waiting: number;
}

/** What became of a file that names its study and series. */
export interface Joined {
  /** Of the file: its own, or what is known of its study. */
  patientKey: string | null;
  inSeries: boolean;
  /** Its study is another patient's, or its series another study's. */
  conflict: boolean;
  /** Images that had waited for the patient that this one names. */
  named: number;
}

/**
 * Whose each study is, and which study a series belongs to: what the project knows, then what came first in this
 * import. An image in a series has its study's patient, always.
 */
export function createStudyLedger(known: Pick<ImportReading, 'study' | 'studyOfSeries'>) {
  const studies = new Map<string, Study>();
  const studyOfSeries = new Map<string, string>();
  let fills = new Map<string, string>();

  function studyOf(uid: string): Study {
    let study = studies.get(uid);
    if (!study) {
      study = { patientKey: known.study(uid)?.patientKey ?? null, waiting: 0 };
      studies.set(uid, study);
    }
    return study;
  }

  function isElsewhere(series: string, study: string): boolean {
    const home = studyOfSeries.get(series) ?? known.studyOfSeries(series) ?? study;
    studyOfSeries.set(series, home);
    return home !== study;
  }

  /** Gives a study its patient; how many images had waited for it. */
  function name(uid: string, patientKey: string): number {
    const study = studyOf(uid);
    const named = study.waiting;
    study.patientKey = patientKey;
    study.waiting = 0;
    fills.set(uid, patientKey);
    return named;
  }

  return {
    /** The patient of a study; null: not known yet. */
    patientOf: (uid: string): string | null => studyOf(uid).patientKey,

    name,

    /** Takes a file of so many images into the study and series that its header names, if they can be its. */
    join(header: HeaderFacts | null, patientKey: string | null, images: number): Joined {
      const alone = { patientKey, inSeries: false, conflict: false, named: 0 };
      if (header?.studyUid == null || header.seriesUid === null) return alone;
      const study = studyOf(header.studyUid);
      const isOthers = patientKey !== null && study.patientKey !== null && patientKey !== study.patientKey;
      if (isOthers || isElsewhere(header.seriesUid, header.studyUid)) return { ...alone, conflict: true };
      const inSeries = { inSeries: true, conflict: false };
      if (patientKey !== null && study.patientKey === null) {
        return { ...inSeries, patientKey, named: name(header.studyUid, patientKey) };
      }
      if (study.patientKey === null) study.waiting += images;
      return { ...inSeries, patientKey: study.patientKey, named: 0 };
    },

    /** Patients that studies got while the chunk was open, by study UID. */
    fills: (): ReadonlyMap<string, string> => fills,

    closeChunk(): void {
      fills = new Map();
    },

    /** Series that files of this import belong to, by UID, with their studies. */
    series: studyOfSeries as ReadonlyMap<string, string>,
  };
}
