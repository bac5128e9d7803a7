import { verifyResultSchema } from '../../contract/run.ts';
import { counted } from '../../core/words.ts';
import { defineCommand } from '../command.ts';
import { plain } from '../format.ts';
import { finishJob } from '../work.ts';

export default defineCommand<[string]>({
  configure: (command) => void command.argument('<folder>', 'model package'),
  examples: ['verify chest-model'],
  async run(context, [folder]) {
    const client = await context.client();
    const started = await client.run.verify({ folder: context.resolve(folder) });
    const result = await finishJob(context, started, verifyResultSchema, { what: 'Verifying' });
    if (result.ok) {
      return {
        document: { ...result },
        text: 'In order: every checksum fits, and the examples give the same predictions.',
      };
    }
    const message = `The package ${folder} has ${counted(result.problems.length, 'problem')}.`;
    const hint = 'Do not use it; export it again.';
    return {
      document: { ...result, error: { code: 'badPackage', message, hint } },
      text: `${message} ${hint}\n${result.problems.map((problem) => `  ${plain(problem)}`).join('\n')}`,
      exitCode: 1,
    };
  },
});
