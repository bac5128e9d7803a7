import type { z } from 'zod';

import { readFile, stat } from 'node:fs/promises';

import { ReadroomError } from '../../contract/errors.ts';
import { predictResultSchema } from '../../contract/run.ts';
import { counted, share } from '../../core/words.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { table } from '../format.ts';
import { finishJob, openProject } from '../work.ts';

interface Options {
  from?: string;
  tensorsTo?: string;
}

export default defineCommand<[string, string[]], Options>({
  configure: (command) =>
    void command
      .argument('<model>', 'model package, or PROJECT:RUN')
      .argument('[image...]', 'image files; cine.dcm#3 is one picture of many, counted from 0')
      .option('--from <file>', 'read file names from a list, one a line; - is stdin')
      .option('--tensors-to <folder>', "write the network's inputs as .npy"),
  examples: [
    'predict chest-model film.png',
    'predict chest:latest film1.png film2.png',
    'predict chest-model cine.dcm#3',
    'ls *.png | readroom predict chest-model --from -',
  ],
  async run(context, [model, images], { from, tensorsTo }) {
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
    });
    const result = await finishJob(context, started, predictResultSchema, {
      what: 'Predicting',
      noun: 'image',
    });
    // Files are named as the caller named them.
    const named = new Map(given.map((image) => [context.resolve(image), image]));
    const predictions = result.predictions.map((entry) => ({
      ...entry,
      file: named.get(entry.file) ?? entry.file,
    }));
    const failure = predictions.every(({ error }) => error !== undefined) ? predictions[0]?.error : undefined;
    return {
      document: {
        predictions,
        operatingPoint: result.operatingPoint,
        generated: result.generated,
        ...(failure && { error: { ...failure, hint: 'No image could be predicted.' } }),
      },
      text: describe({ ...result, predictions }),
      exitCode: failure === undefined ? 0 : 1,
    };
  },
});

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

function describe({ predictions, operatingPoint, generated }: z.output<typeof predictResultSchema>): string {
  const rows = predictions.map(({ file, label, probabilities, error }) => {
    if (error !== undefined) return [file, '–', '', `${error.message} [${error.code}]`];
    // The label need not be the largest: with two classes the operating point decides.
    const others = Object.entries(probabilities)
      .filter(([name]) => name !== label)
      .sort(([, a], [, b]) => b - a)
      .slice(0, 3)
      .map(([name, probability]) => `${name} ${share(probability)}`);
    return [file, label ?? '–', share(probabilities[label ?? ''] ?? 0), others.join(', ')];
  });
  const columns = [
    { title: 'File' },
    { title: 'Label' },
    { title: 'Probability', align: 'right' as const },
    { title: 'Others' },
  ];
  const refused = predictions.filter(({ error }) => error !== undefined).length;
  const summary = refused === 0 ? '' : `\n\n! ${counted(refused, 'image')} could not be predicted.`;
  const rule = operatingPoint
    ? `\n\nThe label is ${operatingPoint.positive} from a probability of ${share(operatingPoint.threshold)}, chosen on validation.`
    : '';
  const badges = generated ? 'GENERATED · RESEARCH USE ONLY' : 'RESEARCH USE ONLY';
  return `${table(columns, rows)}${summary}${rule}\n\n${badges}`;
}
