import type { Settled } from './import-ledger.ts';
import type { ImportPlan } from './import-plan.ts';

type Lack = 'part' | 'class' | 'patient';

/** What the rules of an import leave open, by what is wanted of them; no sentence where nothing is. */
export type UnplacedSentences = Partial<Record<Lack, string>>;

/** What was asked of folders and names, and what an image is told that they say nothing of. */
export function unplacedSentences(
  { labelsFrom }: Pick<ImportPlan, 'labelsFrom'>,
  { splitFrom, patient }: { splitFrom: 'folder' | null; patient: { from: string } | null },
): UnplacedSentences {
  return {
    ...(splitFrom === 'folder' && { part: 'lie in no train, val or test folder and have no part' }),
    ...(labelsFrom === 'folder' && { class: 'lie in no class folder and have no label' }),
    ...(patient?.from === 'regex' && { patient: 'do not match the patient pattern and have no patient' }),
    ...(patient?.from === 'folder' && { patient: 'lie in no patient folder and have no patient' }),
  };
}

/**
 * Counts images of which folders and names say nothing: those that the project has after the import, each once
 * however many copies of its file there are. Refused files are none.
 */
export function createUnplaced(sentences: UnplacedSentences) {
  /** Images of a file, by its bytes: another copy of it may say what one does not. */
  const without: Record<Lack, Map<string, number>> = {
    part: new Map(),
    class: new Map(),
    patient: new Map(),
  };
  return {
    note(
      byteSha256: string,
      images: number,
      { label, patientKey, part }: Settled['plan'],
      inClassFolder: boolean,
    ): void {
      const lacks = {
        part: part === null,
        class: label === null && !inClassFolder,
        patient: patientKey === null,
      };
      for (const lack of Object.keys(sentences) as Lack[]) {
        if (lacks[lack]) without[lack].set(byteSha256, images);
        else without[lack].delete(byteSha256);
      }
    },

    /** @param images how many there are in all */
    warnings: (images: number): string[] =>
      (Object.entries(sentences) as [Lack, string][]).flatMap(([lack, sentence]) => {
        const n = [...without[lack].values()].reduce((sum, count) => sum + count, 0);
        return n > 0 ? [`${n} of ${images} images ${sentence}.`] : [];
      }),
  };
}
export type Unplaced = ReturnType<typeof createUnplaced>;
