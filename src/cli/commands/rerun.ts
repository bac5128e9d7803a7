import { rerunResultSchema } from '../../contract/run.ts';
import { defineCommand } from '../command.ts';
import { finishJob, openProject } from '../work.ts';
import { showTraining } from '../training-progress.ts';

export default defineCommand<[string, string]>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .argument('<run>', 'run id, its beginning, or latest'),
  examples: ['rerun chest latest'],
  async run(context, [path, run]) {
    const { client, project } = await openProject(context, path, 'write');
    const started = await client.run.rerun({ project: project.project, run });
    const { recipe } = await client.run.get({ project: project.project, run: started.run });
    const result = await finishJob(context, started, rerunResultSchema, {
      what: 'Training again',
      noun: 'image',
      run: started.run,
      ...showTraining(context.progress, recipe.epochs),
    });
    const [before, after] = result.weightsSha256;
    return {
      document: { ...result },
      text: result.same
        ? `The same weights again: ${before}.`
        : `! Other weights.\nrun ${result.run}: ${before}\nrun ${result.rerun}: ${after}\nWeights are equal only on the same backend with the same number of threads.`,
    };
  },
});
