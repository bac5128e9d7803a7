import { lstat, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';

import { ReadroomError } from '../../contract/errors.ts';
import { modelPackageSchema, packageFormatVersion } from '../../contract/package.ts';
import type { VerifyResult } from '../../contract/run.ts';
import { listFiles, parseSums, sha256File, sumsFile } from './checksums.ts';

/** What a verification needs of the compute child. */
export interface ExampleVerifier {
  verifyExamples(input: { folder: string }): Promise<string[]>;
}

/** Damage to these does not keep the model from predicting. */
const documents = new Set(['MODEL_CARD.md', 'report.html', sumsFile]);
const longestProblemList = 100;

/**
 * Checks a model package: every file has the sum that `SHA256SUMS` names, none is missing, none was added,
 * `readroom.json` reads, and the examples are predicted as stated in every format. Each problem is a sentence.
 *
 * @throws ReadroomError `fileNotFound`, `badPackage` when the folder is no package at all
 */
export async function verifyPackage(request: {
  folder: string;
  client: ExampleVerifier;
}): Promise<VerifyResult> {
  const folder = resolve(request.folder);
  await requirePackage(folder);
  const { problems, modelTouched } = await checkFiles(folder);
  const content = await checkContent(folder);
  problems.push(...content);
  if (modelTouched || content.length > 0) {
    problems.push(
      'The examples were not predicted again, as the files they need are not as they were exported.',
    );
  } else {
    problems.push(...(await predictAgain(folder, request.client)));
  }
  const shown = problems.slice(0, longestProblemList);
  if (problems.length > shown.length) shown.push(`And ${problems.length - shown.length} more problems.`);
  return { ok: problems.length === 0, problems: shown };
}

async function requirePackage(folder: string): Promise<void> {
  const stats = await lstat(folder).catch(() => null);
  if (!stats) throw new ReadroomError('fileNotFound', `There is no folder ${folder}.`, 'Check the path.');
  const kinds = await Promise.all(
    ['readroom.json', sumsFile].map((name) => lstat(join(folder, name)).catch(() => null)),
  );
  const project = await lstat(join(folder, 'project.sqlite')).catch(() => null);
  if (project || kinds.every((kind) => kind === null)) {
    const what = project ? 'a project' : 'neither readroom.json nor SHA256SUMS in it';
    throw new ReadroomError(
      'badPackage',
      `${folder} is not a model package: it ${project ? 'is' : 'has'} ${what}.`,
      'Give the folder that "readroom export" wrote.',
    );
  }
}

async function checkFiles(folder: string): Promise<{ problems: string[]; modelTouched: boolean }> {
  const problems: string[] = [];
  const touched: string[] = [];
  const text = await readFile(join(folder, sumsFile), 'utf8').catch(() => null);
  if (text === null)
    return {
      problems: [`${sumsFile} is missing, so nothing can be checked against it.`],
      modelTouched: false,
    };
  const { sums, bad } = parseSums(text);
  problems.push(
    ...bad.map(
      (line) => `${sumsFile} has a line that is none of its kind: ${JSON.stringify(line.slice(0, 120))}.`,
    ),
  );
  const present = new Map((await listFiles(folder)).map((file) => [file.path, file]));
  for (const { path, sha256 } of sums) {
    const file = present.get(path);
    present.delete(path);
    const problem = await fileProblem(folder, path, sha256, file);
    if (problem === null) continue;
    problems.push(problem);
    touched.push(path);
  }
  for (const path of present.keys()) {
    if (path !== sumsFile) problems.push(`${shown(path)} was added: ${sumsFile} does not name it.`);
  }
  return { problems, modelTouched: touched.some((path) => !documents.has(path)) };
}

async function fileProblem(
  folder: string,
  path: string,
  sha256: string,
  file: { regular: boolean } | undefined,
): Promise<string | null> {
  if (!file) return `${shown(path)} is missing.`;
  if (!file.regular) return `${shown(path)} is a link or no file, and was not read.`;
  let found: string;
  try {
    found = await sha256File(join(folder, path));
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    return `${shown(path)} cannot be read (${String(error.code)}).`;
  }
  if (found === sha256) return null;
  return `${shown(path)} was changed: its SHA-256 begins with ${found.slice(0, 12)}, not with ${sha256.slice(0, 12)}.`;
}

async function checkContent(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, 'readroom.json'), 'utf8').catch(() => null);
  // A missing one is told by the sums, unless there are none of it.
  if (text === null) return ['readroom.json cannot be read, so the model is not known.'];
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return ['readroom.json is not JSON.'];
  }
  const version = z.object({ formatVersion: z.number() }).safeParse(content);
  if (version.success && version.data.formatVersion > packageFormatVersion) {
    return [
      `readroom.json has format version ${version.data.formatVersion}, and this Readroom reads up to ${packageFormatVersion}: check it with a newer one.`,
    ];
  }
  const parsed = modelPackageSchema.safeParse(content);
  if (parsed.success) return [];
  return parsed.error.issues
    .slice(0, 5)
    .map(
      ({ path, message }) =>
        `readroom.json is wrong at ${path.length > 0 ? path.join('.') : 'its top'}: ${message}.`,
    );
}

async function predictAgain(folder: string, client: ExampleVerifier): Promise<string[]> {
  try {
    return await client.verifyExamples({ folder });
  } catch (error) {
    if (!(error instanceof ReadroomError)) throw error;
    return [`The examples could not be predicted: ${error.message}`];
  }
}

/** A file name as text on one line, whatever it holds. */
function shown(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : JSON.stringify(path);
}
