import { mostPlannedFiles, type PlannedFile, type RefusedFile } from '../../contract/import.ts';
import type { ImportedLabel } from '../db/import-files.ts';
import type { Oddity, Settled } from './import-ledger.ts';
import type { PlannedLabel } from './import-plan.ts';

const sentences: Record<Exclude<Oddity, 'copy' | 'label'>, string> = {
  elsewhere: 'A copy of it is in the project under another name.',
  contradiction: 'Another label was given to the same series, study or patient first, and counts.',
  patient: 'It keeps its patient; this import gives another one.',
  part: 'It keeps its part; this import gives another one.',
  study: 'It stays out of its study, which is another patient’s, or of its series, which is another study’s.',
};

/** The last folders of a path, as the list of files shows it. */
const shortPath = (file: string): string => file.split(/[\\/]/).slice(-3).join('/');

/** A file's oddity in words. @param standing the label that counts, in words */
function sentenceOf(oddity: Oddity, { settled, given }: PreviewedFile, standing: string | null): string {
  const { copyOf } = settled;
  if (oddity === 'copy') return `It is a copy of "${shortPath(copyOf!)}" of this import: both are one image.`;
  if (oddity !== 'label') return sentences[oddity];
  const other = given === null ? 'another label' : `the label ${given}`;
  const keeps = standing === null ? 'its label' : `its label ${standing}`;
  return copyOf === null
    ? `It keeps ${keeps}; this import gives ${other}.`
    : `This file gives it ${other}, but the first of them counts: it keeps ${keeps}.`;
}

/** A file that can become an image, or is one. */
export interface PreviewedFile {
  file: string;
  settled: Settled;
  /** The label that the import gives the file. */
  given: PlannedLabel | null;
  width: number;
  height: number;
  /** What the decoder or a table says of it. */
  notes: readonly string[];
}

/** The list of files of a dry run, refused ones first, then new ones, then those that are there already. */
export function createImportPreview(labelName: (label: ImportedLabel) => string) {
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

    add(previewed: PreviewedFile): void {
      const { file, settled, width, height, notes } = previewed;
      const { label, patientKey, part } = settled.plan;
      const standing = label === null ? null : labelName(label);
      const reasons = [...notes, ...settled.odd.map((oddity) => sentenceOf(oddity, previewed, standing))];
      put(settled.verdict === 'new' ? added : present, {
        file,
        state: settled.verdict === 'new' ? 'new' : 'present',
        class: standing,
        patient: patientKey,
        part,
        width,
        height,
        reason: reasons.length > 0 ? reasons.join(' ') : null,
        ...(settled.copyOf !== null && { copyOf: settled.copyOf }),
      });
    },

    rows: (): PlannedFile[] => [...refused, ...added, ...present].slice(0, mostPlannedFiles),
  };
}
export type ImportPreview = ReturnType<typeof createImportPreview>;
