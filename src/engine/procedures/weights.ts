import { ReadroomError } from '../../contract/errors.ts';
import { withCompute } from '../runs/with-compute.ts';
import type { EngineServices } from '../services.ts';
import { base } from './base.ts';

/** Weights that trainings start from, kept for all projects of the machine. */
export function weightsProcedures(services: EngineServices) {
  const { keptWeights, jobs, options } = services;
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
    remove: weights.remove.handler(({ input }) => {
      refuseWanted(services, input.id);
      return keptWeights.remove(input.id);
    }),
  };
}

/** Weights are read when a run has its turn. @throws ReadroomError `usage` while a run needs them */
function refuseWanted({ trainings, projects }: EngineServices, id: string): void {
  const wanting = trainings
    .state()
    .runs.find(({ project, run }) => projects.get(project).runs.get(run).recipe.transfer.weights === id);
  if (wanting === undefined) return;
  throw new ReadroomError(
    'usage',
    `${wanting.name} in ${wanting.projectName} ${wanting.status === 'queued' ? 'waits to start' : 'is being trained'} from these weights.`,
    'Remove them once it has ended, or take the run out of the queue first.',
    { run: wanting.run },
  );
}
