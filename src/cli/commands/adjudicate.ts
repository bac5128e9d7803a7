import { ReadroomError } from '../../contract/errors.ts';
import type { Disagreement } from '../../contract/round.ts';
import type { EngineClient } from '../../rpc/jobs.ts';
import { defineCommand } from '../command.ts';
import { plain, table } from '../format.ts';
import { parseList, parseNumber } from '../parse.ts';
import { openProject } from '../work.ts';

interface Options {
  class?: string[];
  value?: number;
  reader?: string;
}

/** Without an image the list of what is to be decided. */
export default defineCommand<[string, string, string | undefined], Options>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .argument('<round>', 'id of a closed round')
      .argument('[image]', 'id or file name; without, the disagreements are listed')
      .option('--class <names>', 'what it is, several joined by commas in a multi-label project', parseList)
      .option('--value <number>', 'the number', parseNumber)
      .option('--reader <name>', 'who decides; without, your user name'),
  examples: ['adjudicate chest ROUND', 'adjudicate chest ROUND P0001-1.png --class pneumonia'],
  async run(context, [path, round, image], options) {
    const deciding = image !== undefined;
    const { client, project } = await openProject(context, path, deciding ? 'write' : 'read');
    if (!deciding) {
      const disagreements = await allDisagreements(client, project.project, round);
      const rows = disagreements.map(({ image: id, words, decided }) => [
        id,
        words.map((word) => `${plain(word.reader)}: ${said(word)}`).join('; '),
        decided ? said(decided) : '',
      ]);
      const columns = [{ title: 'Image' }, { title: 'Readings' }, { title: 'Decided' }];
      return {
        document: { disagreements },
        text: rows.length === 0 ? 'The readers agree on every image.' : table(columns, rows),
      };
    }
    if ((options.class === undefined) === (options.value === undefined)) {
      throw new ReadroomError(
        'usage',
        'A decision needs one of --class and --value.',
        'See: readroom adjudicate --help',
      );
    }
    const multi = project.labels.kind === 'multi';
    const change =
      options.value !== undefined
        ? { number: options.value }
        : multi
          ? { classes: { set: options.class! } }
          : { class: options.class!.join(',') };
    const decision = await client.round.adjudicate({
      ...{ project: project.project, round, image, change },
      reader: options.reader ?? context.host.userName,
    });
    return { document: { ...decision }, text: `${plain(image)}: ${said(decision.decided)}.` };
  },
});

const pageLength = 500;

async function allDisagreements(
  client: EngineClient,
  project: string,
  round: string,
): Promise<Disagreement[]> {
  const found: Disagreement[] = [];
  for (;;) {
    const page = { project, round, offset: found.length, limit: pageLength };
    const { rows } = await client.round.disagreements(page);
    found.push(...rows);
    if (rows.length < pageLength) return found;
  }
}

interface Word {
  class: string | null;
  classes: string[] | null;
  number: number | null;
  skipped: boolean;
}

function said(word: Word | null): string {
  if (word === null) return 'not decided';
  if (word.class !== null) return plain(word.class);
  if (word.classes !== null) return word.classes.length === 0 ? 'none' : word.classes.map(plain).join(', ');
  return word.number === null ? 'skipped' : String(word.number);
}
