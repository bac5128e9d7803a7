import {
  type ImageQueryInput,
  type ImageRow,
  labelStatusSchema,
  qualityFlags,
} from '../../contract/image.ts';
import { splitParts } from '../../contract/split.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { ProjectSummary } from '../../contract/project.ts';
import type { EngineClient } from '../../rpc/jobs.ts';
import { classId } from '../class-id.ts';
import { shownPath } from '../../core/words.ts';
import { defineCommand } from '../command.ts';
import { table } from '../format.ts';
import { parseList } from '../parse.ts';
import { openProject } from '../work.ts';

interface Options {
  class?: string[];
  split?: string[];
  patient?: string[];
  status?: string[];
  quality?: string[];
  modality?: string[];
  text?: string;
}

const pageLength = 1000;
/** On a terminal more rows help nobody; `--json` gives all. */
const shownRows = 50;
/** What stands for images that have none. */
const none = 'none';

export default defineCommand<[string], Options>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .option('--class <names>', 'only these classes; none: without a label', parseList)
      .option('--split <parts>', 'only these parts: train, val, test, none', parseList)
      .option('--patient <keys>', 'only these patients; none: of unknown ones', parseList)
      .option('--status <list>', `only these: ${labelStatusSchema.options.join(', ')}`, parseList)
      .option('--quality <list>', `only these: ${qualityFlags.join(', ')}`, parseList)
      .option('--modality <list>', 'only of these, as CT; none: unknown', parseList)
      .option('--text <text>', 'only where file name, path or patient contain it'),
  examples: ['images chest', 'images chest --json', 'images chest --class pneumonia --split test'],
  async run(context, [path], options) {
    const { client, project } = await openProject(context, path, 'read');
    const query = queryOf(options, project);
    const images = query
      ? await imagesOfView(client, project, query)
      : await allImages(client, project.project);
    const rows = images
      .slice(0, shownRows)
      .map(({ relativePath, patient, label, part, width, height }) => [
        shownPath(relativePath),
        patient ?? '–',
        label ?? '–',
        part ?? '–',
        `${width} × ${height}`,
      ]);
    const titles = ['File', 'Patient', 'Label', 'Part', 'Pixels'].map((title) => ({ title }));
    const more =
      images.length > shownRows ? `\n… and ${images.length - shownRows} more; --json lists all.` : '';
    const empty = query
      ? 'No image is like that.'
      : 'No image yet. Import some with: readroom import PROJECT SOURCE';
    return { document: { images }, text: rows.length === 0 ? empty : table(titles, rows) + more };
  },
});

/** The query of the filters that were given; null without one. */
function queryOf(options: Options, project: ProjectSummary): ImageQueryInput | null {
  const { class: classes, split, patient, status, quality, modality, text } = options;
  const filters = [classes, split, patient, status, quality, modality, text];
  if (filters.every((filter) => filter === undefined)) return null;
  return {
    text,
    classes: classes?.map((name) => (name === none ? null : classId(project, name))),
    parts: split?.map((part) => (part === none ? null : oneOf(splitParts, part, '--split'))),
    patients: patient?.map(orNull),
    quality: quality?.map((word) => oneOf(qualityFlags, word, '--quality')),
    ...(modality && { fields: { modality: modality.map(orNull) } }),
    status: status?.map((word) => oneOf(labelStatusSchema.options, word, '--status')),
  };
}

const orNull = (word: string): string | null => (word === none ? null : word);

function oneOf<T extends string>(known: readonly T[], word: string, option: string): T {
  const found = known.find((entry) => entry === word);
  if (found) return found;
  throw new ReadroomError(
    'usage',
    `${option} does not know "${word}".`,
    `It takes ${known.join(', ')}${option === '--split' ? `, ${none}` : ''}.`,
  );
}

export async function allImages(client: EngineClient, project: string): Promise<ImageRow[]> {
  const images: ImageRow[] = [];
  for (;;) {
    const page = await client.dataset.images({ project, limit: pageLength, after: images.at(-1)?.image });
    images.push(...page.rows);
    if (page.rows.length < pageLength) return images;
  }
}

async function imagesOfView(
  client: EngineClient,
  { project }: ProjectSummary,
  query: ImageQueryInput,
): Promise<ImageRow[]> {
  const { view, total } = await client.dataset.openView({ project, query });
  const images: ImageRow[] = [];
  while (images.length < total) {
    const { rows } = await client.dataset.images({ project, view, offset: images.length, limit: pageLength });
    images.push(...rows);
  }
  return images;
}
