import { InvalidArgumentError } from 'commander';

import type { RulePreview } from '../../contract/round.ts';
import { counted } from '../../core/words.ts';
import { defineCommand } from '../command.ts';
import { paragraphs, table } from '../format.ts';
import { openProject } from '../work.ts';

type Rule = RulePreview['rule'];

interface Options {
  dryRun?: true;
  reader?: string;
}

const rules: Readonly<Record<string, Rule>> = {
  newest: 'single-reader/1',
  majority: 'majority/1',
  adjudicated: 'adjudicated/1',
};
const nameOf = (rule: Rule): string => Object.keys(rules).find((name) => rules[name] === rule) ?? rule;

/** Without a rule the one that is in force. */
export default defineCommand<[string, Rule | undefined], Options>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .argument('[rule]', 'newest, majority or adjudicated; without, the rule in force is told', parseRule)
      .option('--dry-run', 'only say which labels of record would change')
      .option('--reader <name>', 'who changes it; without, your user name'),
  examples: ['label-rule chest', 'label-rule chest majority --dry-run', 'label-rule chest adjudicated'],
  async run(context, [path, rule], options) {
    const writes = rule !== undefined && !options.dryRun;
    const { client, project } = await openProject(context, path, writes ? 'write' : 'read');
    if (rule === undefined) {
      const now = await client.round.rule({ project: project.project });
      return { document: { ...now }, text: `Label of record: ${nameOf(now.rule)}.` };
    }
    const preview = await client.round.previewRule({ project: project.project, rule });
    if (writes) {
      const reader = options.reader ?? context.host.userName;
      await client.round.setRule({ project: project.project, reader, rule });
    }
    return { document: { ...preview }, text: describe(preview, !writes) };
  },
});

function describe({ rule, changed, gained, lost, examples }: RulePreview, isDryRun: boolean): string {
  const what = `${counted(changed, 'label')} of record ${isDryRun ? 'would change' : 'changed'}`;
  const columns = [{ title: 'Image' }, { title: isDryRun ? 'Now' : 'Before' }, { title: 'Then' }];
  const text = (label: string | number | null): string => (label === null ? '–' : String(label) || 'none');
  return paragraphs(
    `${isDryRun ? 'Dry run, nothing was changed. ' : ''}Label of record: ${nameOf(rule)}. ${what}; ` +
      `${counted(gained, 'image')} more with a label, ${counted(lost, 'image')} no longer with one.`,
    examples.length > 0 &&
      table(
        columns,
        examples.map(({ image, now, then }) => [image, text(now), text(then)]),
      ) + (changed > examples.length ? `\n… and ${changed - examples.length} more.` : ''),
  );
}

function parseRule(text: string): Rule {
  const rule = rules[text];
  if (rule !== undefined) return rule;
  throw new InvalidArgumentError('It is newest, majority or adjudicated.');
}
