import { ReadroomError } from '../../contract/errors.ts';
import { type StartingWeights, startingWeightsSchema } from '../../contract/weights.ts';
import { type CommandContext, defineCommand, type Outcome } from '../command.ts';
import { bytes, plain, table } from '../format.ts';
import { finishJob } from '../work.ts';

interface Options {
  name?: string;
  licence?: string;
}

export default defineCommand<[string, string | undefined], Options>({
  configure: (command) =>
    void command
      .addArgument(
        command.createArgument('<action>', 'what to do').choices(['list', 'add', 'fetch', 'remove']),
      )
      .argument('[which]', 'of add a weight file, a model.json or the folder of a run; else an id')
      .option('--name <text>', 'of add: what they are called; without, what the file says')
      .option('--licence <text>', 'of add: under which they may be used'),
  examples: [
    'weights list',
    'weights fetch torchvision-resnet18',
    'weights add resnet18-f37072fd.pth',
    'weights add chest/runs/0198… --name "Chest films, quarter width"',
    'train chest --set network.id=resnet18 --set transfer.weights=torchvision-resnet18',
  ],
  run: (context, [action, which], options) => {
    if (action === 'list') return list(context);
    if (which === undefined)
      throw new ReadroomError(
        'usage',
        `weights ${action} needs to know which.`,
        'See: readroom weights --help',
      );
    if (action === 'remove') return remove(context, which);
    return keep(context, action === 'fetch' ? { id: which } : { path: context.resolve(which), ...options });
  },
});

async function list(context: CommandContext): Promise<Outcome> {
  const weights = await (await context.client()).weights.list();
  const columns = [{ title: 'Id' }, { title: 'Name' }, { title: 'Network' }, { title: 'Here' }];
  const rows = weights.map(({ id, name, network, kept }) => [
    id,
    plain(name),
    network ?? '–',
    kept ? bytes(kept.bytes) : 'not yet',
  ]);
  return { document: { weights }, text: table(columns, rows) };
}

async function keep(
  context: CommandContext,
  request: { id: string } | ({ path: string } & Options),
): Promise<Outcome> {
  const { weights } = await context.client();
  const isFetched = 'id' in request;
  const started = isFetched ? await weights.fetch(request) : await weights.add(request);
  const what = isFetched ? 'Downloading' : 'Copying';
  const result = await finishJob(context, started, startingWeightsSchema, { what, noun: 'bytes' });
  return { document: { ...result }, text: describe(result) };
}

function describe({ id, name, source, licence, generated }: StartingWeights): string {
  return [
    `Kept as ${id}: ${plain(name)}, ${plain(source)}. Licence: ${plain(licence)}.`,
    ...(generated ? ['They were trained on generated pictures: stand-ins, not clinical knowledge.'] : []),
    `Train with: readroom train PROJECT --set transfer.weights=${id}`,
  ].join('\n');
}

async function remove(context: CommandContext, id: string): Promise<Outcome> {
  await (await context.client()).weights.remove({ id });
  return { document: { removed: id }, text: `${id} was removed from this machine.` };
}
