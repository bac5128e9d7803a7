// node bench/memory-fit.ts [--only TEXT]: measures the trainer's peak memory over a set of recipes, beside the estimate
// of src/core/training-need.ts, and fits that estimate's constants anew. On Linux; takes some minutes.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { memoryBytes, memoryTerms } from '../src/core/training-need.ts';
import { nonNegativeFit } from './comparison/least-squares.ts';
import { type MemoryCase, memoryCases, writeNoiseRun } from './comparison/memory-recipes.ts';

const trainer = path.join(import.meta.dirname, '../src/worker/compute.ts');
const mebibyte = 2 ** 20;
const pollMs = 20;

/** Peak resident bytes of a trainer from its start to its end. */
async function measure(one: MemoryCase): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-memory-'));
  try {
    writeNoiseRun(folder, one);
    const child = spawn(process.execPath, [trainer, folder], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    let peak = 0;
    const timer = setInterval(() => (peak = Math.max(peak, peakOf(child.pid!))), pollMs);
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    clearInterval(timer);
    if (code !== 0) throw new Error(`${one.name} ended with ${code}: ${output.slice(-2000)}`);
    return peak;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function peakOf(pid: number): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const cases = memoryCases().filter(({ name }) => name.includes(values.only));
const peaks: number[] = [];
for (const one of cases) {
  const peak = await measure(one);
  peaks.push(peak);
  const estimate = memoryBytes(one.facts);
  console.log(
    `${one.name.padEnd(44)} ${(peak / mebibyte).toFixed(0).padStart(6)} MiB, estimated ${(estimate / mebibyte).toFixed(0)} (${(estimate / peak).toFixed(3)})`,
  );
}
const terms = cases.map(({ facts }) => memoryTerms(facts));
const names = Object.keys(terms[0]!) as (keyof (typeof terms)[0])[];
const rows = terms.map((term) => names.map((name) => term[name]));
const fitted = nonNegativeFit(rows, peaks);
console.log('\nFitted:');
names.forEach((name, column) => {
  const value = fitted[column]!;
  console.log(
    `  ${name.padEnd(22)} ${name === 'runtimeBytes' ? `${(value / mebibyte).toFixed(0)} MiB` : value.toFixed(2)}`,
  );
});
const ratios = rows.map((row, index) => row.reduce((sum, x, i) => sum + x * fitted[i]!, 0) / peaks[index]!);
console.log(
  `  estimate / measured    ${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`,
);
