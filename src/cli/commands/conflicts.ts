import { ReadroomError } from '../../contract/errors.ts';
import type { MergeConflict } from '../../contract/merge.ts';
import type { EngineClient } from '../../rpc/jobs.ts';
import { defineCommand } from '../command.ts';
import { plain, table } from '../format.ts';
import { openProject } from '../work.ts';

interface Options {
  take?: 'stands' | 'other';
  all?: true;
  reader?: string;
}

/** Without a conflict's id the list of those that nobody resolved yet. */
export default defineCommand<[string, string | undefined], Options>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .argument('[conflict]', 'id of a conflict to resolve; without, they are listed')
      .addOption(
        command
          .createOption('--take <which>', 'keep what stands, or put the other in its place')
          .choices(['stands', 'other']),
      )
      .option('--all', 'list also those that were resolved')
      .option('--reader <name>', 'who resolves; without, your user name'),
  examples: ['conflicts chest', 'conflicts chest CONFLICT --take other'],
  async run(context, [path, conflict], { take, all, reader }) {
    if ((conflict === undefined) !== (take === undefined)) {
      throw new ReadroomError(
        'usage',
        'A conflict is resolved by its id and --take stands or --take other.',
        'List them with: readroom conflicts PROJECT',
      );
    }
    const resolves = conflict !== undefined && take !== undefined;
    const { client, project } = await openProject(context, path, resolves ? 'write' : 'read');
    const conflicts = resolves
      ? await client.merge.resolve({
          ...{ project: project.project, conflict, take },
          reader: reader ?? context.host.userName,
        })
      : await client.merge.conflicts({ project: project.project, open: all !== true });
    if (conflicts.length === 0) return { document: { conflicts }, text: 'There are no conflicts.' };
    const names = await fileNames(client, project.project, conflicts);
    return { document: { conflicts }, text: describe(conflicts, names) };
  },
});

const rowsAtOnce = 500;

/** What the files of the images are called, by image. */
async function fileNames(
  client: EngineClient,
  project: string,
  conflicts: readonly MergeConflict[],
): Promise<Map<string, string>> {
  const images = [...new Set(conflicts.flatMap(({ image }) => image ?? []))];
  const names = new Map<string, string>();
  for (let start = 0; start < images.length; start += rowsAtOnce) {
    const { rows } = await client.dataset.rows({ project, images: images.slice(start, start + rowsAtOnce) });
    for (const { image, fileName } of rows) names.set(image, fileName);
  }
  return names;
}

function describe(conflicts: readonly MergeConflict[], names: ReadonlyMap<string, string>): string {
  const side = ({ what, actor, at }: MergeConflict['stands']): string =>
    `${plain(what)} (${plain(actor)}, ${at.slice(0, 19).replace('T', ' ')})`;
  const rows = conflicts.map(({ conflict, target, image, reader, stands, other, resolved }) => [
    conflict,
    plain((image === null ? null : names.get(image)) ?? image ?? target.kind),
    reader === null ? '' : plain(reader),
    side(stands),
    side(other),
    resolved ? 'resolved' : '',
  ]);
  const titles = ['Conflict', 'Of', 'Reader', 'Stands (UTC)', 'Other (UTC)', ''];
  return table(
    titles.map((title) => ({ title })),
    rows,
  );
}
