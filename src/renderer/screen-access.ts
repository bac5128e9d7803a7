import type { ProcedureName } from '../contract/index.ts';
import { useAccess } from './stores/access.ts';

/** What a screen is of no use without; one that is not named is for everybody who takes part in the project. */
const needs: Readonly<Partial<Record<string, ProcedureName>>> = {
  import: 'dataset.import',
  train: 'run.list',
  results: 'run.list',
  opinion: 'run.predict',
  deploy: 'run.report',
};

/** Which screens the person in front of the page has, by the names of their routes. */
export function useScreenAccess() {
  const access = useAccess();
  return {
    maySee(screen: string): boolean {
      const call = needs[screen];
      return call === undefined || access.may(call);
    },
    /** Why a screen is not this person's, as a sentence; '' for one that is. */
    whyNot(screen: string): string {
      const call = needs[screen];
      return call === undefined ? '' : access.whyNot(call);
    },
  };
}
