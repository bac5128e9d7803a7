import { access } from 'node:fs/promises';
import { join } from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { fileProblem, reasonOf } from './damage.ts';
import { exampleFile, maxAbsDiff, probabilitiesFile, probabilityTolerance, readExample } from './examples.ts';
import { packageFormat } from './formats.ts';
import type { OpenModel, PackageFormat } from './package-format.ts';
import { type PackageFacts, readPackage } from './read-package.ts';

/** Far above what an export writes; a damaged count must not keep the check busy for ever. */
const mostExamples = 1000;

interface Example {
  readonly file: string;
  readonly input: Float32Array;
  /** null when the file of probabilities cannot be read. */
  readonly expected: Float32Array | null;
}

/**
 * Predicts a package's own examples again in every format it names.
 * @param prepareTensors sets a tensor backend; called before a format needs one
 * @returns a sentence for each thing that is missing, damaged or differs; none when all is well
 */
export async function verifyExamples(folder: string, prepareTensors: () => Promise<void>): Promise<string[]> {
  let facts: PackageFacts;
  try {
    facts = await readPackage(folder);
  } catch (error) {
    return [sentence(error)];
  }
  const { examples, problems } = await readExamples(folder, facts);
  for (const id of facts.formats) {
    const format = packageFormat(id);
    if (format.usesTensorBackend) await prepareTensors();
    problems.push(...(await verifyFormat(format, join(folder, id), facts, examples)));
  }
  return problems;
}

async function readExamples(
  folder: string,
  { input, classes, examples: { folder: name, count } }: PackageFacts,
): Promise<{ examples: Example[]; problems: string[] }> {
  const problems: string[] = [];
  if (count < 1 || count > mostExamples) {
    return {
      examples: [],
      problems: [`readroom.json speaks of ${count} examples; a package has 1 to ${mostExamples}.`],
    };
  }
  const probabilities = await readExample(join(folder, name, probabilitiesFile), [
    count,
    classes.length,
  ]).catch((error: unknown) => {
    problems.push(fileProblem(`${name}/${probabilitiesFile}`, error));
    return null;
  });
  const examples: Example[] = [];
  for (let index = 0; index < count; index++) {
    const file = `${name}/${exampleFile(index)}`;
    try {
      examples.push({
        file,
        input: await readExample(join(folder, file), [input.size, input.size, input.channels]),
        expected: probabilities?.subarray(index * classes.length, (index + 1) * classes.length) ?? null,
      });
    } catch (error) {
      problems.push(fileProblem(file, error));
    }
  }
  return { examples, problems };
}

async function verifyFormat(
  format: PackageFormat,
  folder: string,
  { input, classes }: PackageFacts,
  examples: readonly Example[],
): Promise<string[]> {
  let opened: OpenModel;
  try {
    await access(folder);
    opened = await format.open(folder, {
      size: input.size,
      channels: input.channels,
      classes: classes.length,
    });
  } catch (error) {
    return [
      `${format.name}: ${error instanceof ReadroomError ? error.message : fileProblem(`folder ${format.id}`, error)}`,
    ];
  }
  const problems: string[] = [];
  try {
    for (const example of examples) {
      if (!example.expected) continue;
      const difference = maxAbsDiff(await opened.predict(example.input, 1), example.expected);
      if (difference === Infinity) {
        problems.push(`${format.name}: ${example.file} gives probabilities that are not finite.`);
      } else if (difference > probabilityTolerance) {
        problems.push(
          `${format.name}: the probabilities of ${example.file} differ by ${difference.toPrecision(3)} from the stated ones; at most ${probabilityTolerance} is allowed.`,
        );
      }
    }
  } catch (error) {
    problems.push(`${format.name}: ${sentence(error)}`);
  } finally {
    await opened.close();
  }
  return problems;
}

function sentence(error: unknown): string {
  return error instanceof ReadroomError ? error.message : `The model cannot predict: ${reasonOf(error)}`;
}
