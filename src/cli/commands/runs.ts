import { duration, runStatusWord, share } from '../../core/words.ts';
import { defineCommand } from '../command.ts';
import { plain, table } from '../format.ts';
import { openProject } from '../work.ts';

export default defineCommand<[string]>({
  configure: (command) => void command.argument('<project>', 'project folder'),
  examples: ['runs chest'],
  async run(context, [path]) {
    const { client, project } = await openProject(context, path, 'read');
    const { runs } = await client.run.list({ project: project.project });
    const rows = runs.map(({ run, name, status, network, best, seconds }) => [
      run,
      plain(name),
      runStatusWord(status),
      network,
      best === null ? '–' : String(best.epoch),
      best === null ? '–' : best.valLoss.toFixed(4),
      best === null ? '–' : share(best.valAccuracy),
      seconds === null ? '–' : duration(seconds),
    ]);
    const columns = [
      { title: 'Run' },
      { title: 'Name' },
      { title: 'Status' },
      { title: 'Network' },
      { title: 'Best epoch', align: 'right' as const },
      { title: 'Val loss', align: 'right' as const },
      { title: 'Val accuracy', align: 'right' as const },
      { title: 'Took', align: 'right' as const },
    ];
    return {
      document: { runs },
      text: rows.length === 0 ? 'No run yet. Start one with: readroom train PROJECT' : table(columns, rows),
    };
  },
});
