// npm run prove [-- NAME… | --list]: the longer proofs, each a file in scripts/prove.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { writeRecord, type Finding } from './prove/lib/record.ts';
import { repositoryFolder as root } from './setup/places.mjs';

export interface ProofContext {
  root: string;
  /** Tells what happens now, on stderr. */
  tell: (line: string) => void;
}

/** The default export of a file in scripts/prove. */
export interface Proof {
  name: string;
  description: string;
  /** Why it cannot be run here; null when it can. Without: it can be run everywhere. */
  unavailable?: (context: ProofContext) => string | null;
  run: (context: ProofContext) => Promise<Omit<Finding, 'description'>>;
}

async function loadProofs(): Promise<Proof[]> {
  const folder = path.join(root, 'scripts/prove');
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  return Promise.all(
    files.sort().map(async (file) => {
      const { default: proof } = (await import(pathToFileURL(path.join(folder, file)).href)) as {
        default: Proof;
      };
      return proof;
    }),
  );
}

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

async function prove(proof: Proof): Promise<'passed' | 'failed' | 'skipped'> {
  tell(`prove: ${proof.name}: ${proof.description}`);
  const lacking = proof.unavailable?.({ root, tell }) ?? null;
  if (lacking !== null) {
    // The record of an earlier run stays: it is dated.
    process.stdout.write(`prove: ${proof.name}: SKIPPED, nothing is shown: ${lacking}\n`);
    return 'skipped';
  }
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  try {
    const { passed, results, summary } = await proof.run({ root, tell });
    writeRecord(proof.name, { description: proof.description, passed, results, summary }, seconds());
    process.stdout.write(summary.map((line) => `  ${line}\n`).join(''));
    process.stdout.write(
      `prove: ${proof.name}: ${passed ? 'passed' : 'FAILED'} (${seconds().toFixed(0)} s)\n`,
    );
    return passed === true ? 'passed' : 'failed';
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // The record of an earlier, whole run stays: it is dated.
    process.stdout.write(
      `prove: ${proof.name}: FAILED, ended early (${seconds().toFixed(0)} s): ${reason}\n`,
    );
    return 'failed';
  }
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { list: { type: 'boolean' } } });
const proofs = await loadProofs();
const unknown = positionals.filter((name) => !proofs.some((proof) => proof.name === name));
if (values.list) {
  for (const { name, description } of proofs) process.stdout.write(`${name.padEnd(16)} ${description}\n`);
} else if (unknown.length > 0) {
  tell(`No proof is called ${unknown.join(', ')}. Known: ${proofs.map(({ name }) => name).join(', ')}.`);
  process.exitCode = 2;
} else {
  const wanted = positionals.length === 0 ? proofs : proofs.filter(({ name }) => positionals.includes(name));
  const names = { passed: [] as string[], failed: [] as string[], skipped: [] as string[] };
  for (const proof of wanted) names[await prove(proof)].push(proof.name);
  const { passed, failed, skipped } = names;
  const left = skipped.length === 0 ? '' : `; skipped: ${skipped.join(', ')}`;
  process.stdout.write(
    failed.length === 0
      ? `prove: all ${passed.length} that ran passed${left}\n`
      : `prove: FAILED: ${failed.join(', ')}${left}\n`,
  );
  // Who asks for a proof by name wants it run.
  process.exitCode = failed.length === 0 && (skipped.length === 0 || positionals.length === 0) ? 0 : 1;
}
