import { readFile, stat } from 'node:fs/promises';

import { ReadroomError } from '../../contract/errors.ts';
import {
  type EvaluationLevel,
  evaluationLevels,
  type GroupRule,
  type PoolingRule,
  poolingRules,
  predictResultSchema,
} from '../../contract/run.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { predictionsText } from '../predictions-text.ts';
import { finishJob, openProject } from '../work.ts';

interface Options {
  from?: string;
  tensorsTo?: string;
  masksTo?: string;
  table?: string;
  level?: EvaluationLevel;
  pooling?: PoolingRule;
  groupBy?: string;
}

export default defineCommand<[string, string[]], Options>({
  configure: (command) =>
    void command
      .argument('<model>', 'model package, or PROJECT:RUN')
      .argument('[image...]', 'image files; cine.dcm#3 is one picture of many, counted from 0')
      .option('--from <file>', 'read file names from a list, one a line; - is stdin')
      .option('--tensors-to <folder>', "write the network's inputs as .npy")
      .option(
        '--masks-to <folder>',
        'of a model that says masks: write them as PNG, at the size of the pictures',
      )
      .option('--table <file>', 'clinical table as CSV: a line for each file or each patient')
      .addOption(
        command
          .createOption('--level <level>', 'answers for images alone, or also for studies or patients')
          .choices([...evaluationLevels]),
      )
      .addOption(
        command
          .createOption(
            '--pooling <rule>',
            'how a study or a patient follows from its images; without, as the run was evaluated, else the mean',
          )
          .choices([...poolingRules]),
      )
      .option(
        '--group-by <rule>',
        'which images are of one study or patient: auto (project, DICOM header, else folder), folder, together, regex:RE, or a CSV file',
      ),
  examples: [
    'predict chest-model film.png',
    'predict chest:latest film1.png film2.png',
    'predict chest-model cine.dcm#3',
    'ls *.png | readroom predict chest-model --from -',
    'predict tumour-model slice.png --masks-to masks',
    'predict chest-with-age film.png --table patients.csv',
    'predict chest:latest P001/*.dcm P002/*.dcm --level patient --pooling max',
    'predict chest-model *.png --level study --group-by studies.csv',
  ],
  async run(context, [model, images], options) {
    const { from, tensorsTo, masksTo, table: tableFile, level = 'image', pooling, groupBy } = options;
    if (groupBy !== undefined && level === 'image') {
      throw new ReadroomError(
        'usage',
        'Images are answered one by one, so they are not grouped.',
        'Give --level study or --level patient too, or leave --group-by out.',
      );
    }
    const listed = from === undefined ? [] : await readList(from, context);
    const given = [...images, ...listed];
    if (given.length === 0) {
      throw new ReadroomError(
        'usage',
        'No image was named.',
        'Name image files, or a list of them with --from.',
      );
    }
    const client = await context.client();
    const started = await client.run.predict({
      model: await modelChoice(model, context),
      images: given.map((image) => context.resolve(image)),
      ...(tensorsTo !== undefined && { tensorsTo: context.resolve(tensorsTo) }),
      ...(masksTo !== undefined && { masksTo: context.resolve(masksTo) }),
      ...(tableFile !== undefined && { table: context.resolve(tableFile) }),
      level,
      pooling,
      ...(groupBy !== undefined && { groupBy: groupRule(groupBy, context) }),
    });
    const result = await finishJob(context, started, predictResultSchema, {
      what: 'Predicting',
      noun: 'image',
    });
    // Files are named as the caller named them.
    const named = new Map(given.map((image) => [context.resolve(image), image]));
    const nameOf = (file: string): string => named.get(file) ?? file;
    const predictions = result.predictions.map((entry) => ({ ...entry, file: nameOf(entry.file) }));
    const { pooled } = result;
    const groups = result.groups?.map((group) => ({ ...group, files: group.files.map(nameOf) }));
    const failure = predictions.every(({ error }) => error !== undefined) ? predictions[0]?.error : undefined;
    return {
      document: {
        predictions,
        ...(groups && { groups, pooled }),
        task: result.task.kind,
        ...(result.task.kind === 'regression' && { unit: result.task.unit }),
        operatingPoint: result.operatingPoint,
        ...(result.thresholds && { thresholds: result.thresholds }),
        generated: result.generated,
        ...(failure && { error: { ...failure, hint: 'No image could be predicted.' } }),
      },
      text: predictionsText({ ...result, predictions, ...(groups && { groups }) }),
      exitCode: failure === undefined ? 0 : 1,
    };
  },
});

function groupRule(text: string, context: CommandContext): GroupRule {
  if (text === 'auto' || text === 'folder' || text === 'together') return { from: text };
  const pattern = /^regex:(.+)$/s.exec(text)?.[1];
  return pattern === undefined ? { from: 'table', file: context.resolve(text) } : { from: 'regex', pattern };
}

/** A package where there is such a folder, else a project and its run. */
async function modelChoice(
  text: string,
  context: CommandContext,
): Promise<{ folder: string } | { project: string; run: string }> {
  const folder = context.resolve(text);
  const exists = await stat(folder).then(
    () => true,
    () => false,
  );
  const at = text.lastIndexOf(':');
  if (exists || at < 1) return { folder };
  const { project } = await openProject(context, text.slice(0, at), 'read');
  return { project: project.project, run: text.slice(at + 1) };
}

async function readList(from: string, context: CommandContext): Promise<string[]> {
  let text: string;
  try {
    text = from === '-' ? await context.host.readStdin() : await readFile(context.resolve(from), 'utf8');
  } catch {
    throw new ReadroomError(
      'fileNotFound',
      `The list ${from} cannot be read.`,
      'Give a text file with one name a line.',
    );
  }
  return text.split(/\r?\n/).filter((line) => line !== '');
}
