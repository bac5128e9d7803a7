import { defineCommand } from '../command.ts';
import { table } from '../format.ts';
import { openProject } from '../work.ts';
import type { JournalEvent } from '../../contract/label.ts';

export default defineCommand<[string, string]>({
  configure: (command) =>
    void command.argument('<project>', 'project folder').argument('<image>', 'id or file name'),
  examples: ['history chest P0001-1.png'],
  async run(context, [path, image]) {
    const { client, project } = await openProject(context, path, 'read');
    const events = await client.label.history({ project: project.project, image });
    const rows = events.map((event) => [
      event.at,
      event.actor === event.reader ? event.reader : `${event.reader} (by ${event.actor})`,
      event.kind,
      event.what,
      remarks(event),
    ]);
    const titles = ['When (UTC)', 'Reader', '', 'What', 'Remarks'].map((title) => ({ title }));
    return {
      document: { events },
      text: rows.length === 0 ? 'No label was ever given.' : table(titles, rows),
    };
  },
});

/** What a word says beside the label. */
function remarks({ to, target }: JournalEvent): string {
  const ofWhat = ['series', 'study', 'patient'].includes(target.kind) && `of the ${target.kind}`;
  const marks = [to?.unsure && 'unsure', to?.skipped && 'skipped', to?.bookmarked && 'bookmarked'];
  const comment = to?.comment !== undefined && `“${to.comment}”`;
  return [ofWhat, ...marks, comment].filter((part) => typeof part === 'string').join(', ');
}
