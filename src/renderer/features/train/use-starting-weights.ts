import { computed, type ComputedRef } from 'vue';

import type { StartingWeights } from '../../../contract/weights.ts';
import { engine } from '../../api/engine.ts';
import { type Loaded, useLoaded } from '../../api/use-loaded.ts';
import { networkName } from '../../run-words.ts';
import { type JobHandle, useJob } from '../../stores/use-job.ts';
import { useProject } from '../../stores/project.ts';
import { useRuns } from '../../stores/runs.ts';

/** What a training can start from, as a choice. */
export interface WeightsChoice {
  readonly value: string | null;
  readonly label: string;
  readonly group?: string;
  readonly disabled?: boolean;
}

/** The weights of this machine, and the work that brings some here. */
export interface StartingWeightsList {
  readonly all: Loaded<StartingWeights[]>;
  readonly choices: ComputedRef<WeightsChoice[]>;
  readonly work: JobHandle<StartingWeights>;
  fetch(id: string): Promise<StartingWeights | null>;
  add(path: string): Promise<StartingWeights | null>;
  remove(id: string): Promise<void>;
}

/** @param network the one that is to start from them */
export function useStartingWeights(network: () => string): StartingWeightsList {
  const runs = useRuns();
  const project = useProject();
  const work = useJob<StartingWeights>();
  const all = useLoaded(
    async () => (await engine()).weights.list(project.id === null ? {} : { project: project.id }),
    () => project.id,
  );
  const choices = computed<WeightsChoice[]>(() => {
    const wanted = network();
    const known = all.value.value ?? [];
    const of = (one: StartingWeights): string =>
      one.network === null || one.network === wanted ? '' : ` (of ${networkName(one.network)})`;
    const option = (one: StartingWeights, group: string): WeightsChoice => ({
      value: one.id,
      label: `${one.name}${one.generated ? ', GENERATED' : ''}${of(one)}`,
      group,
      disabled: of(one) !== '',
    });
    return [
      { value: null, label: 'None: from scratch' },
      ...known.filter(({ kept }) => kept !== null).map((one) => option(one, 'On this machine')),
      ...known.filter(({ kept }) => kept === null).map((one) => option(one, 'Known, not on this machine')),
      ...runs.completed.map((row): WeightsChoice => ({
        value: `run:${row.run}`,
        label: row.network === wanted ? row.name : `${row.name} (of ${networkName(row.network)})`,
        group: 'Runs of this project',
        disabled: row.network !== wanted,
      })),
    ];
  });
  async function bring(start: () => Promise<{ job: string }>): Promise<StartingWeights | null> {
    const brought = await work.run(start);
    await all.reload();
    return brought;
  }
  return {
    all,
    choices,
    work,
    fetch: (id) => bring(async () => (await engine()).weights.fetch({ id })),
    add: (path) => bring(async () => (await engine()).weights.add({ path })),
    async remove(id) {
      await (await engine()).weights.remove({ id });
      await all.reload();
    },
  };
}
