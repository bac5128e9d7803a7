import type { ImageRow } from '../../contract/dataset.ts';
import { defineCommand } from '../command.ts';
import { table } from '../format.ts';
import { openProject } from '../work.ts';

const pageLength = 1000;
/** On a terminal more rows help nobody; `--json` gives all. */
const shownRows = 50;

export default defineCommand<[string]>({
  configure: (command) => void command.argument('<project>', 'project folder'),
  examples: ['images chest', 'images chest --json'],
  async run(context, [path]) {
    const { client, project } = await openProject(context, path, 'read');
    const images: ImageRow[] = [];
    for (;;) {
      const after = images.at(-1)?.image;
      const page = await client.dataset.images({ project: project.project, limit: pageLength, after });
      images.push(...page.rows);
      if (page.rows.length < pageLength) break;
    }
    const rows = images
      .slice(0, shownRows)
      .map(({ relativePath, patient, label, part, width, height }) => [
        relativePath,
        patient ?? '–',
        label ?? '–',
        part ?? '–',
        `${width} × ${height}`,
      ]);
    const titles = ['File', 'Patient', 'Label', 'Part', 'Pixels'].map((title) => ({ title }));
    const more =
      images.length > shownRows ? `\n… and ${images.length - shownRows} more; --json lists all.` : '';
    return {
      document: { images },
      text:
        rows.length === 0
          ? 'No image yet. Import some with: readroom import PROJECT SOURCE'
          : table(titles, rows) + more,
    };
  },
});
