import { defineCommand } from '../command.ts';
import { table } from '../format.ts';
import { openProject } from '../work.ts';
import type { LabelValue } from '../../contract/label.ts';

export default defineCommand<[string, string]>({
  configure: (command) =>
    void command.argument('<project>', 'project folder').argument('<image>', 'id or file name'),
  examples: ['history chest P0001-1.png'],
  async run(context, [path, image]) {
    const { client, project } = await openProject(context, path, 'read');
    const events = await client.label.history({ project: project.project, image });
    const rows = events.map((event) => [
      event.at,
      event.reader,
      event.kind,
      valueText(event.from),
      valueText(event.to),
    ]);
    const titles = ['When (UTC)', 'Reader', 'What', 'From', 'To'].map((title) => ({ title }));
    return {
      document: { events },
      text: rows.length === 0 ? 'No label was ever given.' : table(titles, rows),
    };
  },
});

function valueText(value: LabelValue | null): string {
  if (value === null) return '–';
  const label = value.class ?? value.number?.toString();
  const marks = [value.unsure && 'unsure', value.skipped && 'skipped'].filter((mark) => mark !== undefined);
  const comment = value.comment === undefined ? [] : [`“${value.comment}”`];
  return [label, ...marks, ...comment].filter((part) => part !== undefined).join(', ');
}
