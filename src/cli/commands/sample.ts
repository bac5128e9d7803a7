import { sampleResultSchema } from '../../contract/system.ts';
import { counted } from '../../core/words.ts';
import { defineCommand } from '../command.ts';
import { parseWhole } from '../parse.ts';
import { finishJob } from '../work.ts';

export default defineCommand<[string], { template: string; images?: number; seed?: number }>({
  configure: (command) =>
    void command
      .argument('<folder>', 'folder to write')
      .requiredOption('--template <id>', 'template to write files for')
      .option('--images <n>', 'how many images', parseWhole)
      .option('--seed <n>', 'the same seed writes the same files', parseWhole),
  examples: [
    'sample films --template pneumonia --images 1000 --seed 1',
    'sample source --template transfer-source --images 2400',
  ],
  async run(context, [folder], options) {
    const client = await context.client();
    const started = await client.system.sample({ folder: context.resolve(folder), ...options });
    const result = await finishJob(context, started, sampleResultSchema, {
      what: 'Writing sample files',
      noun: 'image',
    });
    return {
      document: { ...result },
      text:
        `Wrote ${counted(result.images, 'image')} of ${counted(result.patients, 'made-up patient')} to ${result.folder} ` +
        `(${result.classes.join(', ')}).\n! GENERATED: a result on these files is a demonstration, never a clinical claim.`,
    };
  },
});
