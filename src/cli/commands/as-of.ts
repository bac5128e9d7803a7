import { writeFile } from 'node:fs/promises';

import { InvalidArgumentError } from 'commander';
import { stringify } from 'csv-stringify/sync';

import { textCell } from '../../core/table-cells.ts';
import { count, counted, shownPath } from '../../core/words.ts';
import { defineCommand } from '../command.ts';
import { plain, table } from '../format.ts';
import { openProject } from '../work.ts';
import { allImages } from './images.ts';

interface Options {
  at: string;
  to?: string;
}

const imagesAPage = 500;

export default defineCommand<[string], Options>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .requiredOption('--at <time>', 'a moment, ISO 8601', parseMoment)
      .option('--to <file.csv>', 'write the labels of that moment as a table'),
  examples: [
    'as-of chest --at 2026-03-01',
    'as-of chest --at 2026-03-01T12:00:00+01:00 --to before-review.csv',
  ],
  async run(context, [path], { at, to }) {
    const { client, project } = await openProject(context, path, 'read');
    const moment = await client.history.asOf({ project: project.project, at });
    const lines: [string, string, string, string][] = [];
    if (to !== undefined) {
      const images = await allImages(client, project.project);
      for (let start = 0; start < images.length; start += imagesAPage) {
        const page = images.slice(start, start + imagesAPage);
        const asked = { project: project.project, at, images: page.map(({ image }) => image) };
        const labels = await client.history.labelsAsOf(asked);
        for (const [index, { label }] of labels.entries()) {
          const { image, relativePath, patient } = page[index]!;
          const said = typeof label === 'string' ? textCell(label) : String(label ?? '');
          lines.push([textCell(shownPath(relativePath)), image, textCell(patient ?? ''), said]);
        }
      }
      await writeFile(context.resolve(to), stringify([['file', 'image', 'patient', 'label'], ...lines]));
    }
    const { images, labelled, classes } = moment;
    const columns = [{ title: 'Class' }, { title: 'Images', align: 'right' as const }];
    const counts = classes.map(({ name, n }) => [name, count(n)]);
    const written = to === undefined ? '' : `\nWrote ${counted(lines.length, 'line')} to ${plain(to)}.`;
    return {
      document: { ...moment, ...(to !== undefined && { file: context.resolve(to), lines: lines.length }) },
      text:
        `On ${moment.at} there were ${counted(images, 'image')}, ${count(labelled)} labelled.` +
        (counts.length === 0 ? '' : `\n${table(columns, counts)}`) +
        written,
    };
  },
});

function parseMoment(text: string): string {
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime())) {
    throw new InvalidArgumentError('It is no moment, e.g. 2026-03-01 or 2026-03-01T12:00:00Z.');
  }
  return moment.toISOString();
}
