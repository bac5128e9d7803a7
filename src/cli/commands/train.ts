import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

import type { ReproductionCertificate } from '../../contract/certificate.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { runResultSchema, type RunResult, type TrainingPlan } from '../../contract/run.ts';
import { count, counted, duration, runStatusWord } from '../../core/words.ts';
import { describeCertificate } from '../certificate.ts';
import { defineCommand, type CommandContext, type Outcome } from '../command.ts';
import { paragraphs, rate, warnings } from '../format.ts';
import { gatherSetting, parseWhole } from '../parse.ts';
import { epochFigures, interrupted, seenBy, showTraining } from '../training-progress.ts';
import { finishJob, openProject } from '../work.ts';

interface Options {
  recipe?: string;
  set?: Record<string, unknown>;
  fold?: number;
  resume?: string;
  backend?: string;
  name?: string;
  anyway?: boolean;
}

export default defineCommand<[string], Options>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .option('--recipe <file|name>', 'preset (default, quick, tutorial) or recipe file (JSON)')
      .option(
        '--set <key=value>',
        'dotted recipe key, e.g. network.id=alexnet; may be repeated',
        gatherSetting,
      )
      .option('--fold <k>', 'leave this fold out, from 0', parseWhole)
      .option('--resume <run>', 'go on with an interrupted run')
      .option('--name <text>', "what to call the run; without, the recipe's name")
      .option('--backend <id>', 'tensorflow, webgpu or cpu; without, the first that answers')
      .option('--anyway', 'train also where memory or disk are estimated not to suffice'),
  examples: [
    'train chest --recipe quick',
    'train chest --recipe tutorial --set epochs=5 --set network.scale=0.25 --set input.size=67',
    'train ct --set input.window=lung',
    'train ct --set input.window.center=40 --set input.window.width=400',
    'train chest --resume latest',
  ],
  async run(context, [path], options) {
    const client = await context.client();
    const isNew = options.resume === undefined;
    // What is wrong with it is told before another writer of the project is waited for.
    const asked = await chosenRecipe(options.recipe, context, async (choice) => {
      const recipe = { set: options.set ?? {}, ...choice };
      if (isNew) await client.run.checkRecipe(recipe);
      return recipe;
    });
    const { project } = await openProject(context, path, 'write');
    const recipe = { project: project.project, ...asked };
    if (isNew && options.anyway !== true) refuseShortage(await client.run.plan(recipe));
    const started = await client.run.train({
      ...recipe,
      ...(options.fold !== undefined && { fold: options.fold }),
      ...(options.resume !== undefined && { resume: options.resume }),
      ...(options.backend !== undefined && { backend: options.backend }),
      ...(options.name !== undefined && { name: options.name }),
    });
    const ofRun = { project: project.project, run: started.run };
    const planned = await client.run.get(ofRun);
    context.progress.line(
      `Run ${started.run}: ${planned.network}, ${count(planned.parameters)} parameters, ${counted(planned.recipe.epochs, 'epoch')}`,
    );
    if (planned.warnings.length > 0) context.progress.line(warnings(planned.warnings));
    const shown = {
      what: 'Training',
      noun: 'image',
      run: started.run,
      ...showTraining(context.progress, planned.recipe.epochs, seenBy(planned.recipe)),
    };
    const result = await finishJob(context, started, runResultSchema, shown).catch((error: unknown) => {
      throw context.signal.aborted ? interrupted(path, started.run, error) : error;
    });
    const certificate = result.rerunOf === null ? null : await client.run.certificate(ofRun);
    return outcome(result, path, context.signal.aborted, certificate);
  },
});

/** What else is wrong with a plan, starting it says with the code that scripts know. */
function refuseShortage({ shortages, problems }: TrainingPlan): void {
  const [first] = shortages;
  if (!first || problems.length > shortages.length) return;
  const settings = Object.entries(first.proposal ?? {}).map(([key, value]) => `--set ${key}=${value}`);
  const proposal = settings.length > 0 ? `As options: ${settings.join(' ')}. ` : '';
  throw new ReadroomError(
    first.of === 'memory' ? 'outOfMemory' : 'diskFull',
    first.message,
    `${first.hint} ${proposal}To train all the same, add --anyway.`,
    { proposal: first.proposal },
  );
}

interface RecipeChoice {
  preset?: string;
  recipe?: unknown;
}

/** A preset where there is one of that name, else any file; what ends in .json or has a folder is a file. */
async function chosenRecipe<T>(
  given: string | undefined,
  context: CommandContext,
  check: (choice: RecipeChoice) => Promise<T>,
): Promise<T> {
  if (given === undefined) return check({});
  if (/[/\\]|\.json$/i.test(given)) return check({ recipe: await readRecipe(given, context) });
  try {
    return await check({ preset: given });
  } catch (error) {
    const isUnknown = error instanceof ReadroomError && error.code === 'unknownRecipe';
    if (!isUnknown || !existsSync(context.resolve(given))) throw error;
  }
  return check({ recipe: await readRecipe(given, context) });
}

async function readRecipe(given: string, context: CommandContext): Promise<unknown> {
  const file = context.resolve(given);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new ReadroomError(
      missing ? 'fileNotFound' : 'unreadableFile',
      `The recipe ${file} ${missing ? 'does not exist' : 'cannot be read'}.`,
      'Give a JSON file, or the name of a preset: default, tutorial.',
    );
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const detail = error instanceof Error ? error.message : '';
    throw new ReadroomError('badRecipe', `The recipe ${file} is not JSON: ${detail}`, 'Correct the file.');
  }
}

function outcome(
  result: RunResult,
  path: string,
  wasInterrupted: boolean,
  certificate: ReproductionCertificate | null,
): Outcome {
  if (wasInterrupted && result.status !== 'completed') {
    const { code, message, hint } = interrupted(path, result.run);
    const lastEpoch = `${counted(result.epochs, 'epoch')} of ${result.recipe.epochs} done.`;
    return {
      document: { ...result, error: { code, message, hint } },
      text: `${message} ${lastEpoch}\n${hint}`,
      exitCode: 130,
    };
  }
  if (result.status !== 'completed') {
    const fallback = {
      code: 'internal',
      message: `The run ended as ${runStatusWord(result.status)}.`,
      hint: 'See: readroom runs PROJECT',
    };
    const error = result.error ?? fallback;
    return { document: { ...result, error }, text: `${error.message}\n${error.hint}`, exitCode: 1 };
  }
  const text = describe(result, path);
  if (certificate === null) return { document: { ...result }, text };
  return { document: { ...result, certificate }, text: paragraphs(describeCertificate(certificate), text) };
}

const stopWords: Record<string, string> = {
  completed: 'all epochs done',
  earlyStopping: 'stopped early: no better validation value any more',
};

function describe(result: RunResult, path: string): string {
  const best = result.history.find((record) => record.epoch === result.bestEpoch);
  const { seconds, imagesPerSecond } = result;
  const pace = [
    counted(result.epochs, 'epoch'),
    seconds !== null && `in ${duration(seconds)}`,
    imagesPerSecond !== null && `at ${rate(imagesPerSecond, seenBy(result.recipe))}`,
    `on ${result.device ?? '?'} (${result.backend ?? '?'})`,
  ];
  const facts = [
    `Run ${result.run} is ${runStatusWord(result.status)}: ${stopWords[result.stoppedBecause ?? ''] ?? result.stoppedBecause ?? ''}.`,
    `${pace.filter(Boolean).join(' ')}.`,
    best && `Best epoch ${best.epoch}: validation ${epochFigures(best).join(', ')}.`,
    result.weightsSha256 !== null && `Weights ${result.weightsSha256}`,
  ];
  return paragraphs(
    facts.filter(Boolean).join('\n'),
    warnings(result.warnings),
    `Next: readroom evaluate ${path} ${result.run}`,
  );
}
