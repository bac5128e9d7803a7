import type { RunRow } from '../../contract/run.ts';
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
    const rows = runs.map(({ run, name, status, network, best, test, seconds }) => [
      run,
      plain(name),
      runStatusWord(status),
      network,
      best === null ? '–' : String(best.epoch),
      best === null ? '–' : best.valLoss.toFixed(4),
      best === null || best.valAccuracy === null ? '–' : share(best.valAccuracy),
      testText(test),
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
      { title: 'Test' },
      { title: 'Took', align: 'right' as const },
    ];
    return {
      document: { runs },
      text: rows.length === 0 ? 'No run yet. Start one with: readroom train PROJECT' : table(columns, rows),
    };
  },
});

const metricNames: Readonly<Record<string, string>> = {
  auc: 'AUC',
  accuracy: 'accuracy',
  mae: 'MAE',
  dice: 'mean Dice',
};

/** `AUC 0.934`, `MAE 12.3 months`; a dash where the test part was not opened. */
function testText(test: RunRow['test']): string {
  if (test === null) return '–';
  const { metric, value, unit } = test;
  const figure =
    value === null ? 'too few' : unit === null ? share(value) : `${Number(value.toPrecision(3))} ${unit}`;
  return `${metricNames[metric] ?? metric} ${figure}`.trimEnd();
}
