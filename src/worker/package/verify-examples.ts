import { access } from 'node:fs/promises';
import { join } from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { fileProblem, reasonOf } from './damage.ts';
import {
  exampleFile,
  maxAbsDiff,
  outputTolerance,
  probabilitiesFile,
  readExample,
  tableFile,
} from './examples.ts';
import { packageFormat } from './formats.ts';
import type { OpenModel, PackageFormat } from './package-format.ts';
import { type PackageShape, packageShape } from './package-shape.ts';
import { type PackageFacts, readPackage } from './read-package.ts';

/** Far above what an export writes; a damaged count must not keep the check busy for ever. */
const mostExamples = 1000;

interface Example {
  readonly file: string;
  readonly input: Float32Array;
  /** null when the file of probabilities, or that of rows of the table, cannot be read. */
  readonly expected: Float32Array | null;
  readonly table: Float32Array | null;
}

interface Examples {
  readonly examples: readonly Example[];
  readonly problems: string[];
  /** Largest difference that is allowed. */
  readonly tolerance: number;
}

/**
 * Predicts a package's own examples again in every format it names.
 * @param prepareTensors sets a tensor backend; called before a format needs one
 * @returns a sentence for each thing that is missing, damaged or differs; none when all is well
 */
export async function verifyExamples(folder: string, prepareTensors: () => Promise<void>): Promise<string[]> {
  let facts: PackageFacts;
  let shape: PackageShape;
  try {
    facts = await readPackage(folder);
    shape = packageShape(facts);
  } catch (error) {
    return [sentence(error)];
  }
  const read = await readExamples(folder, facts, shape);
  const { problems } = read;
  for (const id of facts.formats) {
    const format = packageFormat(id);
    if (format.usesTensorBackend) await prepareTensors();
    problems.push(...(await verifyFormat(format, join(folder, id), shape, read)));
  }
  return problems;
}

async function readExamples(
  folder: string,
  { input, examples: { folder: name, count } }: PackageFacts,
  { output, sizes, rules }: PackageShape,
): Promise<Examples> {
  const problems: string[] = [];
  if (count < 1 || count > mostExamples) {
    return {
      ...{ examples: [], tolerance: 0 },
      problems: [`readroom.json speaks of ${count} examples; a package has 1 to ${mostExamples}.`],
    };
  }
  const readOrTell = (file: string, shape: readonly number[]): Promise<Float32Array | null> =>
    readExample(join(folder, name, file), shape).catch((error: unknown) => {
      problems.push(fileProblem(`${name}/${file}`, error));
      return null;
    });
  const probabilities = await readOrTell(probabilitiesFile, [count, ...output]);
  const table = sizes.table === 0 ? null : await readOrTell(tableFile, [count, sizes.table]);
  const isTold = probabilities !== null && (sizes.table === 0 || table !== null);
  const rowOf = (values: Float32Array, size: number, index: number): Float32Array =>
    values.subarray(index * size, (index + 1) * size);
  const examples: Example[] = [];
  for (let index = 0; index < count; index++) {
    const file = `${name}/${exampleFile(index)}`;
    try {
      examples.push({
        file,
        input: await readExample(join(folder, file), [input.size, input.size, input.channels]),
        expected: isTold ? rowOf(probabilities, sizes.output, index) : null,
        table: table && rowOf(table, sizes.table, index),
      });
    } catch (error) {
      problems.push(fileProblem(file, error));
    }
  }
  const tolerance = outputTolerance(rules.head.activation, probabilities ?? new Float32Array(0));
  return { examples, problems, tolerance };
}

async function verifyFormat(
  format: PackageFormat,
  folder: string,
  shape: PackageShape,
  { examples, tolerance }: Examples,
): Promise<string[]> {
  let opened: OpenModel;
  try {
    await access(folder);
    opened = await format.open(folder, shape);
  } catch (error) {
    return [
      `${format.name}: ${error instanceof ReadroomError ? error.message : fileProblem(`folder ${format.id}`, error)}`,
    ];
  }
  const problems: string[] = [];
  try {
    for (const example of examples) {
      if (!example.expected) continue;
      const difference = maxAbsDiff(await opened.predict(example.input, 1, example.table), example.expected);
      if (difference === Infinity) {
        problems.push(`${format.name}: ${example.file} gives probabilities that are not finite.`);
      } else if (difference > tolerance) {
        problems.push(
          `${format.name}: the probabilities of ${example.file} differ by ${difference.toPrecision(3)} from the stated ones; at most ${tolerance} is allowed.`,
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
