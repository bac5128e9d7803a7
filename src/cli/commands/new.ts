import type { LabelKind, LabelLevel, LabelSchema, ProjectSummary } from '../../contract/project.ts';
import { labelKindSchema, labelLevelSchema } from '../../contract/project.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { defineCommand } from '../command.ts';
import { parseList, parseNumber, parseWhole } from '../parse.ts';

interface Options {
  template?: string;
  classes?: string[];
  name?: string;
  labels?: LabelKind;
  level?: LabelLevel;
  unit?: string;
  low?: number;
  high?: number;
  decimals?: number;
}

export default defineCommand<[string], Options>({
  configure: (command) =>
    void command
      .argument('<project>', 'folder to make')
      .option('--template <id>', 'template that sets task and defaults')
      .option('--classes <a,b>', 'class names; without, the first labelled import creates them', parseList)
      .option('--name <text>', 'name shown; without, that of the folder')
      .addOption(
        command
          .createOption('--labels <kind>', 'what a label is: one class, a set of them, a grade, a number')
          .choices(labelKindSchema.options),
      )
      .addOption(
        command.createOption('--level <level>', 'what a label is said of').choices(labelLevelSchema.options),
      )
      .option('--unit <text>', 'of numbers, such as months')
      .option('--low <number>', 'the lowest number', parseNumber)
      .option('--high <number>', 'the highest number', parseNumber)
      .option('--decimals <n>', 'decimals of numbers; without, none', parseWhole),
  examples: [
    'new chest --template pneumonia',
    'new fractures --classes normal,fracture --name "Wrist study"',
    'new findings --labels multi --level study --classes effusion,mass',
    'new bone-age --labels number --unit months --low 0 --high 240',
  ],
  async run(context, [path], options) {
    const client = await context.client();
    const { template, classes, name } = options;
    const labels = labelsOf(options);
    const asked = { path: context.resolve(path), template, classes, name, labels };
    const made = await client.project.create(asked);
    const names = made.classes.map((entry) => entry.name);
    return {
      document: {
        project: made.path,
        template: made.template,
        task: made.task,
        classes: names,
        labels: made.labels,
      },
      text: `Made ${made.path} (template ${made.template}, ${made.task}).\n${classesInWords(made, names)}`,
    };
  },
});

/** What labels are to be, as far as options say so. @throws ReadroomError `usage` for a range of what is no number */
function labelsOf({ labels: kind, level, unit, low, high, decimals }: Options): Partial<LabelSchema> {
  const ofNumbers = [unit, low, high, decimals].some((value) => value !== undefined);
  if (ofNumbers && kind !== 'number') {
    throw new ReadroomError(
      'usage',
      '--unit, --low, --high and --decimals are of numbers.',
      'Give --labels number with them.',
    );
  }
  const number = { unit: unit ?? '', low: low ?? null, high: high ?? null, decimals: decimals ?? 0 };
  return {
    ...(kind !== undefined && { kind }),
    ...(level !== undefined && { level }),
    ...(kind === 'number' && { number }),
  };
}

function classesInWords({ labels }: ProjectSummary, names: readonly string[]): string {
  if (names.length > 0) return `Classes: ${names.join(', ')}.`;
  if (labels.kind === 'number')
    return `Labels are numbers${labels.number?.unit ? ` in ${labels.number.unit}` : ''}.`;
  return 'The first labelled import creates its classes.';
}
