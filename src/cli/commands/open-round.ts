import { InvalidArgumentError } from 'commander';

import { imageQuerySchema } from '../../contract/dataset.ts';
import { defineCommand } from '../command.ts';
import { parseList, parseWhole } from '../parse.ts';
import { openProject } from '../work.ts';
import { describeRounds } from './rounds.ts';

type Assignment = { kind: 'all' } | { kind: 'share' } | { kind: 'overlap'; k: number };

interface Options {
  name: string;
  readers: string[];
  assign: Assignment;
  seed?: number;
  washout?: number;
  unlabelled?: true;
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
      .option('--unlabelled', 'only images without a label of record')
      .option('--reader <name>', 'who opens the round; without, your user name'),
  examples: [
    'open-round chest --name "First reading" --readers "Dr Weber,Dr Sato"',
    'open-round chest --name Second --readers A,B,C --assign overlap=2 --washout 14 --seed 7',
  ],
  async run(context, [path], options) {
    const { client, project } = await openProject(context, path, 'write');
    const query = imageQuerySchema.parse(options.unlabelled ? { status: ['unlabelled'] } : {});
    const round = await client.round.open({
      project: project.project,
      reader: options.reader ?? context.host.userName,
      name: options.name,
      images: { query },
      readers: options.readers,
      assignment: options.assign,
      ...(options.seed !== undefined && { seed: options.seed }),
      ...(options.washout !== undefined && { washoutDays: options.washout }),
    });
    return { document: { ...round }, text: describeRounds([round]) };
  },
});

function parseAssignment(text: string): Assignment {
  if (text === 'all' || text === 'share') return { kind: text };
  const [, k] = /^overlap=([1-9]\d?)$/.exec(text) ?? [];
  if (k !== undefined) return { kind: 'overlap', k: Number(k) };
  throw new InvalidArgumentError('It is all, share or overlap=K.');
}
