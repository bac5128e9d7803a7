import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import path from 'node:path';

import { proveTensorflow } from '../../setup/binding.ts';
import { cacheFolder, repositoryFolder } from '../../setup/places.mjs';

/** What a proof or a benchmark found. */
export interface Finding {
  description: string;
  /** null: figures without a bar, as a benchmark's. */
  passed: boolean | null;
  /** Figures, JSON only. */
  results: unknown;
  /** Lines of Markdown for a reader. */
  summary: string[];
}

/** The kind of machine, so that a figure can be judged; nothing that names the machine itself. */
export interface MachineKind {
  processor: string;
  cores: number;
  memoryGigabytes: number;
  system: string;
  node: string;
  tensorflow: string;
}

function distribution(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? process.platform;
  } catch {
    return process.platform;
  }
}

function tensorflow(): string {
  try {
    const { version, gpu } = proveTensorflow();
    return `${version}, on the ${gpu ? 'GPU' : 'CPU'}`;
  } catch {
    return 'not there';
  }
}

export function machineKind(): MachineKind {
  return {
    processor: cpus()[0]?.model.trim() ?? process.arch,
    cores: availableParallelism(),
    memoryGigabytes: Math.round(totalmem() / 1e9),
    system: `${distribution()}, kernel ${release().replace(/-.*/, '')}`,
    node: process.version,
    tensorflow: tensorflow(),
  };
}

/** Absolute paths of this machine become words: a proof is read elsewhere. */
export function withoutPaths(text: string): string {
  const places = [
    [repositoryFolder.replace(/[\\/]$/, ''), '<clone>'],
    [cacheFolder(), '<cache>'],
    [process.env['TMPDIR'] || '/tmp', '<temporary folder>'],
    [process.env['HOME'] || '/root', '<home>'],
  ] as const;
  return places.reduce(
    (result, [folder, word]) => (folder.length > 1 ? result.replaceAll(folder, word) : result),
    text,
  );
}

/** Writes docs/proofs/NAME.json and NAME.md with the date and the kind of machine. */
export function writeRecord(name: string, finding: Finding, seconds: number | null = null): void {
  const machine = machineKind();
  const date = new Date().toISOString().slice(0, 10);
  const { description, passed, results, summary } = finding;
  const folder = path.join(repositoryFolder, 'docs/proofs');
  mkdirSync(folder, { recursive: true });
  const took = seconds === null ? {} : { seconds: Math.round(seconds) };
  const document = { name, description, date, passed, ...took, machine, results };
  writeFileSync(path.join(folder, `${name}.json`), `${withoutPaths(JSON.stringify(document, null, 2))}\n`);
  const lines = [
    `# ${name}`,
    '',
    description,
    '',
    `**${passed === null ? 'Measured' : passed ? 'Passed' : 'FAILED'}** on ${date}${seconds === null ? '' : `, in ${Math.round(seconds)} s`}.`,
    '',
    ...summary,
    '',
    `Machine: ${machine.processor}, ${machine.cores} cores, ${machine.memoryGigabytes} GB memory, ${machine.system}, ` +
      `Node ${machine.node}, TensorFlow ${machine.tensorflow}.`,
    '',
    `Figures: [${name}.json](${name}.json). Written by a script, never by hand.`,
    '',
  ];
  writeFileSync(path.join(folder, `${name}.md`), withoutPaths(lines.join('\n')));
}
