import { type PerPart, type SplitInput, type SplitPart, splitParts } from '../../../contract/split.ts';

/** What the split maker asks for; shares in percent, of empty ones the engine takes what is left. */
export interface SplitForm {
  by: 'patient' | 'image';
  trainPercent: number | null;
  valPercent: number | null;
  testPercent: number | null;
  seed: number | null;
  crossValidate: boolean;
  folds: number | null;
  reset: boolean;
}

export const usualForm = (): SplitForm => ({
  by: 'patient',
  trainPercent: null,
  valPercent: null,
  testPercent: null,
  seed: 1,
  crossValidate: false,
  folds: 5,
  reset: false,
});

/** What is wrong with a form; empty when the engine can be asked. */
export function formFault(form: SplitForm): string {
  const shares = [form.trainPercent, form.valPercent, form.testPercent];
  const given = shares.filter((share) => share !== null);
  if (given.some((share) => share < 0 || share > 100)) return 'A share lies between 0 and 100 %.';
  const sum = given.reduce((total, share) => total + share, 0);
  if (given.length === 3 && Math.abs(sum - 100) > 0.01) {
    return `The shares make ${Number(sum.toFixed(2))} %. They have to make 100 %.`;
  }
  if (sum > 100.01) return `The shares make ${Number(sum.toFixed(2))} %, more than 100 %.`;
  if (form.seed === null || !Number.isInteger(form.seed) || form.seed < 0 || form.seed > 0xffffffff) {
    return 'The seed is a whole number from 0 to 4,294,967,295.';
  }
  if (
    form.crossValidate &&
    (form.folds === null || !Number.isInteger(form.folds) || form.folds < 2 || form.folds > 100)
  ) {
    return 'There are 2 to 100 folds.';
  }
  return '';
}

export function toSplitInput(project: string, form: SplitForm, dryRun: boolean): SplitInput {
  const share = (percent: number | null): number | null => (percent === null ? null : percent / 100);
  return {
    project,
    train: share(form.trainPercent),
    val: share(form.valPercent),
    test: share(form.testPercent),
    seed: form.seed ?? 1,
    folds: form.crossValidate ? form.folds : null,
    by: form.by,
    reset: form.reset,
    dryRun,
  };
}

/** Share of a part in percent, to a tenth; empty without images. */
export function percentOf(counts: PerPart, part: SplitPart): string {
  const all = splitParts.reduce((sum, each) => sum + counts[each], 0);
  return all === 0 ? '' : String(Number(((100 * counts[part]) / all).toFixed(1)));
}
