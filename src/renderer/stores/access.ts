import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';

import type { ProcedureName } from '../../contract/index.ts';
import type { Needed, Reach } from '../../contract/profile.ts';
import { engine, onEngineEvent, onResync } from '../api/engine.ts';

const reasons: Record<Needed, string> = {
  reader: 'Only people who take part in the project can do this.',
  adjudicator: 'Only adjudicators and owners of the project can do this.',
  owner: 'Only owners of the project can do this.',
  machine: 'Only who works at the machine on which Readroom runs can do this.',
};

/** How far the person in front of this page reaches, as the engine judges calls: screens offer nothing else. */
export const useAccess = defineStore('access', () => {
  const reach = shallowRef<Reach | null>(null);
  /** The project that it was read for last. */
  let project: string | null = null;

  /** Nothing can be offered before. */
  const isKnown = computed(() => reach.value !== null);
  const may = (call: ProcedureName): boolean => reach.value !== null && !(call in reach.value.refused);
  /** Why a call is not this person's to make, as a sentence; '' for one that is. */
  function whyNot(call: ProcedureName): string {
    const needed = reach.value?.refused[call];
    return needed === undefined ? '' : reasons[needed];
  }

  /** Reads it for a project; null: outside of any. */
  async function load(of: string | null): Promise<void> {
    project = of;
    const answer = await (await engine()).profile.reach(of === null ? {} : { project: of });
    if (project === of) reach.value = answer;
  }
  const loadAgain = (): void => void load(project).catch(() => undefined);

  onResync(loadAgain);
  onEngineEvent((event) => {
    if (event.type === 'reader.changed' && event.project === project) loadAgain();
  });
  return { isKnown, may, whyNot, load };
});
