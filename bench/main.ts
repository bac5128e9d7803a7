// npm run bench [-- NAME… | --list]: benchmarks, each with a record in docs/proofs.
import path from 'node:path';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';

import { writeRecord } from '../scripts/prove/lib/record.ts';
import { type Benchmark, type BenchOptions, type StepForm, stepForms } from './benchmark.ts';

const modules = {
  training: () => import('./training.ts'),
  tutorial: () => import('./tutorial.ts'),
  pipeline: () => import('./pipeline.ts'),
  profile: () => import('./profile.ts'),
  workstation: () => import('./workstation.ts'),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean' },
    cache: { type: 'string', default: path.join(tmpdir(), 'readroom-bench') },
    images: { type: 'string', default: '100000' },
    rows: { type: 'string', default: '1000000' },
    films: { type: 'string', default: '400' },
    repeats: { type: 'string', default: '3' },
    step: { type: 'string', default: 'compiled' },
    quick: { type: 'boolean', default: false },
    unrecorded: { type: 'boolean', default: false },
  },
});
const benchmarks: Benchmark[] = [];
for (const load of Object.values(modules)) benchmarks.push((await load()).default);
const unknown = positionals.filter((name) => !(name in modules));
const repeats = Number(values.repeats);

if (values.list) {
  for (const { name, description } of benchmarks) console.log(`${name.padEnd(12)} ${description}`);
} else if (unknown.length > 0) {
  console.error(`No benchmark is called ${unknown.join(', ')}. Known: ${Object.keys(modules).join(', ')}.`);
  process.exitCode = 2;
} else if (!isStepForm(values.step) || !Number.isInteger(repeats) || repeats < 1) {
  console.error(`--step is ${stepForms.join(' or ')}; --repeats is a whole number from 1.`);
  process.exitCode = 2;
} else {
  const wanted = benchmarks.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const { cache, step } = values;
  const options: BenchOptions = {
    cache,
    images: Number(values.images),
    rows: Number(values.rows),
    films: Number(values.films),
    repeats,
    quick: values.quick,
    step,
  };
  for (const benchmark of wanted) if (!(await runOne(benchmark, options))) process.exitCode = 1;
}

function isStepForm(text: string): text is StepForm {
  return stepForms.some((form) => form === text);
}

async function runOne(
  { name, record, description, run }: Benchmark,
  options: BenchOptions,
): Promise<boolean> {
  console.error(`bench: ${name}: ${description}`);
  const started = performance.now();
  const { passed, results, summary } = await run(options);
  console.log(summary.join('\n'));
  if (!values.unrecorded && !values.quick)
    writeRecord(record, { description, passed, results, summary }, (performance.now() - started) / 1000);
  return passed !== false;
}
