import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

import { chooseBackend } from '../../src/compute/index.ts';
import { ReadroomError } from '../../src/contract/errors.ts';
import type { WeightTransfer } from '../../src/contract/weight-transfer.ts';
import { convertWeights } from '../../src/worker/compute/convert-weights.ts';
import { readModelFolder } from '../../src/worker/compute/model-folder.ts';
import { comparedLogits, modelOf, weightReference } from '../../test/support/weight-files.ts';
import { pythonWith } from '../python-environment.ts';
import { inScratch } from './lib/readroom.ts';

const requirements = path.join(import.meta.dirname, '..', '..', 'bench', 'requirements-weights.txt');
const script = path.join(import.meta.dirname, 'transfer', 'reference.py');
const allowed = 1e-4;

interface Row {
  file: string;
  of: string;
  megabytes: number;
  /** Largest difference of an output before softmax, of two pictures; null where the file was refused. */
  difference: number | null;
  /** Largest output. */
  largest: number | null;
  report: WeightTransfer | null;
  refusal: string | null;
  seconds: number;
  passed: boolean;
}

/** torchvision's and Keras' own networks with seeded random weights: their files read here compute what they compute. */
export default {
  name: 'transfer',
  description: `Weight files of torchvision and Keras at full size: outputs equal within ${allowed}, every tensor accounted for`,
  run: () =>
    inScratch(async (folder) => {
      execFileSync(pythonWith(requirements), [script, 'full', folder], { stdio: ['ignore', 2, 2] });
      await chooseBackend('auto', { threads: availableParallelism() });
      const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
      const rows: Row[] = [];
      for (const file of files) rows.push(await compare(folder, file.slice(0, -'.json'.length)));
      const { versions } = weightReference(rows[0]!.file, folder);
      return {
        results: { versions, rows },
        passed: rows.length === 8 && rows.every(({ passed }) => passed),
        summary: [`Weights made with ${versions}; outputs are those before softmax.`, ...rows.map(sentence)],
      };
    }),
};

async function compare(folder: string, file: string): Promise<Row> {
  const reference = weightReference(file, folder);
  const source = path.join(folder, file);
  const started = performance.now();
  const row = { file, of: reference.of ?? '', megabytes: Math.round(statSync(source).size / 1e6) };
  const seconds = (): number => Math.round((performance.now() - started) / 100) / 10;
  const to = path.join(folder, 'start');
  try {
    const { report } = await convertWeights({
      ...{ file: source, model: modelOf(reference), seed: 1, keepsHead: true, to },
    });
    const took = seconds();
    const { network, weights } = await readModelFolder(to);
    const compared = await comparedLogits(network, weights, reference, folder);
    const whole = report.fresh.length === 0 && report.ignored.every(({ why }) => why === 'noWeight');
    const passed = whole && compared.difference < allowed && !reference.refused;
    return { ...row, ...compared, report, refusal: null, seconds: took, passed };
  } catch (error) {
    if (!(error instanceof ReadroomError)) throw error;
    const nothing = { difference: null, largest: null, report: null };
    return {
      ...row,
      ...nothing,
      refusal: error.message,
      seconds: seconds(),
      passed: reference.refused === true,
    };
  }
}

function sentence({ file, of, megabytes, difference, largest, report, refusal, seconds }: Row): string {
  const name = `${file} of ${of} (${megabytes} MB, read in ${seconds} s)`;
  if (report === null) return `${name}: refused: ${refusal}`;
  const adapted = report.adapted.length === 0 ? '' : `, ${report.adapted.length} adapted`;
  return `${name}: ${report.taken} tensors taken${adapted}, ${report.ignored.length} without weight; largest difference ${difference!.toExponential(1)} of outputs up to ${largest!.toFixed(1)}.`;
}
