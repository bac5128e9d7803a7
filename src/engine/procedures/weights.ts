import { withCompute } from '../runs/with-compute.ts';
import type { EngineServices } from '../services.ts';
import { base } from './base.ts';

/** Weights that trainings start from, kept for all projects of the machine. */
export function weightsProcedures({ keptWeights, jobs, options }: EngineServices) {
  const { weights } = base;
  return {
    list: weights.list.handler(() => keptWeights.list()),
    add: weights.add.handler(({ input }) => ({
      job: jobs.start('weights', null, async (context) => {
        await withCompute(options.spawn, context.signal, (client) =>
          client.inspectWeights({ file: input.path }),
        );
        return keptWeights.add(input, context);
      }),
    })),
    fetch: weights.fetch.handler(({ input }) => ({
      job: jobs.start('weights', null, (context) => keptWeights.fetch(input.id, context)),
    })),
    remove: weights.remove.handler(({ input }) => keptWeights.remove(input.id)),
  };
}
