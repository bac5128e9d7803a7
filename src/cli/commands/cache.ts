import { defineCommand } from '../command.ts';
import { bytes } from '../format.ts';
import { openProject } from '../work.ts';

interface Options {
  clear?: true;
}

export default defineCommand<[string], Options>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .option('--clear', 'remove what no training needs; it is prepared again when one does'),
  examples: ['cache chest', 'cache chest --clear'],
  async run(context, [path], { clear }) {
    const { client, project } = await openProject(context, path, clear ? 'write' : 'read');
    if (clear) {
      const document = await client.project.clearPrepared({ project: project.project });
      const { removedBytes, keptBytes } = document;
      const kept =
        keptBytes === 0
          ? 'Nothing stayed: the next training prepares its images again.'
          : `${bytes(keptBytes)} stayed: runs that train or wait need them.`;
      return { document, text: `${bytes(removedBytes)} of prepared images were removed. ${kept}` };
    }
    const document = await client.project.prepared({ project: project.project });
    const { bytes: taken, limitBytes } = document;
    return {
      document,
      text: `Images prepared for trainings take ${bytes(taken)}, of at most ${bytes(limitBytes)}.`,
    };
  },
});
