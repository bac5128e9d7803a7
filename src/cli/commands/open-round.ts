import { InvalidArgumentError } from 'commander';

import { ReadroomError } from '../../contract/errors.ts';
import { type ImageQuery, imageQuerySchema } from '../../contract/image.ts';
import { labelledBefore } from '../../core/words.ts';
import type { EngineClient } from '../../rpc/jobs.ts';
import { defineCommand } from '../command.ts';
import { paragraphs, warnings } from '../format.ts';
import { parseList, parseNumber, parseWhole } from '../parse.ts';
import { openProject } from '../work.ts';
import { describeRounds } from './rounds.ts';

type Assignment = { kind: 'all' } | { kind: 'share' } | { kind: 'overlap'; k: number };

interface Options {
  name: string;
  readers: string[];
  assign: Assignment;
  seed?: number;
  washout?: number;
  tolerance?: number;
  unlabelled?: true;
  view?: string;
  images?: string[];
  reader?: string;
}

export default defineCommand<[string], Options>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .requiredOption('--name <text>', 'what the round is called')
      .requiredOption('--readers <names>', 'who reads, joined by commas', parseList)
      .option(
        '--assign <how>',
        'all: everybody all; share: each image one reader; overlap=K: each image K readers',
        parseAssignment,
        { kind: 'all' } satisfies Assignment,
      )
      .option('--seed <n>', 'seed of assignment and order', parseWhole)
      .option('--washout <days>', 'days since a reader last read the same image', parseWhole)
      .option('--tolerance <number>', 'of numbers: those that lie no further apart agree', parseNumber)
      .option('--unlabelled', 'only images without a label of record')
      .option('--view <name>', 'only the images of a saved view')
      .option('--images <ids>', 'only these images, joined by commas', parseList)
      .option('--reader <name>', 'who opens the round; without, your user name'),
  examples: [
    'open-round chest --name "First reading" --readers "Dr Weber,Dr Sato"',
    'open-round chest --name Second --readers A,B,C --assign overlap=2 --washout 14 --seed 7',
    'open-round hands --name "Bone age" --readers A,B --view "Left hands" --tolerance 6',
  ],
  async run(context, [path], options) {
    const which = [options.unlabelled, options.view, options.images].filter((one) => one !== undefined);
    if (which.length > 1) {
      throw new ReadroomError(
        'usage',
        'One of --unlabelled, --view and --images says which images.',
        'See: readroom open-round --help',
      );
    }
    const { client, project } = await openProject(context, path, 'write');
    const images = options.images
      ? { ids: options.images }
      : { query: await queryOf(client, project.project, options) };
    const { labelled } = await client.round.outlook({
      project: project.project,
      images,
      readers: options.readers,
    });
    const round = await client.round.open({
      project: project.project,
      reader: options.reader ?? context.host.userName,
      name: options.name,
      images,
      readers: options.readers,
      assignment: options.assign,
      ...(options.seed !== undefined && { seed: options.seed }),
      ...(options.washout !== undefined && { washoutDays: options.washout }),
      ...(options.tolerance !== undefined && { tolerance: options.tolerance }),
    });
    const warning = labelledBefore(labelled, project.labels.level);
    const told = warning === '' ? [] : [warning];
    return {
      document: { ...round, warnings: told },
      text: paragraphs(describeRounds([round]), warnings(told)),
    };
  },
});

async function queryOf(
  client: EngineClient,
  project: string,
  { unlabelled, view }: Pick<Options, 'unlabelled' | 'view'>,
): Promise<ImageQuery> {
  if (view === undefined) return imageQuerySchema.parse(unlabelled ? { status: ['unlabelled'] } : {});
  const views = await client.dataset.savedViews({ project });
  const found = views.find(({ name }) => name.toLowerCase() === view.toLowerCase());
  if (found) return found.query;
  throw new ReadroomError(
    'usage',
    `There is no saved view "${view}".`,
    views.length === 0
      ? 'Save one on the Images screen.'
      : `There are: ${views.map(({ name }) => name).join(', ')}.`,
  );
}

function parseAssignment(text: string): Assignment {
  if (text === 'all' || text === 'share') return { kind: text };
  const [, k] = /^overlap=([1-9]\d?)$/.exec(text) ?? [];
  if (k !== undefined) return { kind: 'overlap', k: Number(k) };
  throw new InvalidArgumentError('It is all, share or overlap=K.');
}
