import { mostPlannedFiles, type PlannedFile, type RefusedFile } from '../../contract/dataset.ts';
import type { Oddity, Settled } from './import-ledger.ts';

const sentences: Record<Oddity, string> = {
  elsewhere: 'A copy of it is in the project under another name.',
  label: 'It keeps its label; this import gives another one.',
  patient: 'It keeps its patient; this import gives another one.',
  part: 'It keeps its part; this import gives another one.',
  study: 'It stays out of its study, which is another patient’s, or of its series, which is another study’s.',
};

/** A file that can become an image, or is one. */
export interface PreviewedFile {
  file: string;
  settled: Settled;
  width: number;
  height: number;
  /** What the decoder or a table says of it. */
  notes: readonly string[];
}

/** The list of files of a dry run, refused ones first, then new ones, then those that are there already. */
export function createImportPreview(className: (id: string) => string) {
  const refused: PlannedFile[] = [];
  const added: PlannedFile[] = [];
  const present: PlannedFile[] = [];
  const put = (list: PlannedFile[], row: PlannedFile): void => {
    if (list.length < mostPlannedFiles) list.push(row);
  };
  return {
    refuse({ file, message }: RefusedFile): void {
      const unknown = { class: null, patient: null, part: null, width: null, height: null };
      put(refused, { file, state: 'refused', ...unknown, reason: message });
    },

    add({ file, settled, width, height, notes }: PreviewedFile): void {
      const { classId, patientKey, part } = settled.plan;
      const reasons = [...notes, ...settled.odd.map((oddity) => sentences[oddity])];
      put(settled.verdict === 'new' ? added : present, {
        file,
        state: settled.verdict === 'new' ? 'new' : 'present',
        class: classId === null ? null : className(classId),
        patient: patientKey,
        part,
        width,
        height,
        reason: reasons.length > 0 ? reasons.join(' ') : null,
      });
    },

    rows: (): PlannedFile[] => [...refused, ...added, ...present].slice(0, mostPlannedFiles),
  };
}
export type ImportPreview = ReturnType<typeof createImportPreview>;
