import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { operationWords, type StepOperation, stepOperations } from './step-operations.ts';

interface Kernel {
  device: string;
  /** Element types that it takes, by attribute; an attribute that is not named may be anything. */
  types: Record<string, string[]>;
  hostMemory: string[];
}

/** Where a GPU build would compute an operation. */
interface Placed {
  operation: string;
  gpu: boolean;
  /** Arguments and results of the GPU's kernel that lie in the host's memory. */
  hostMemory: string[];
}

export interface KernelFinding {
  placed: Placed[];
  /** Operations that have no kernel for GPUs. */
  processorOnly: string[];
  /** Operations that have no kernel at all: the graph could not be run. */
  missing: string[];
  passed: boolean;
}

/** Asks the library which operations of our compiled steps it has GPU kernels for. */
export async function findKernels(libFolder: string): Promise<KernelFinding> {
  const operations = await stepOperations();
  const kernels = registeredKernels(libFolder, [...new Set(operations.map(({ operation }) => operation))]);
  const placed = operations.map((each) => placeOf(each, kernels[each.operation] ?? []));
  const processorOnly = placed.filter(({ gpu }) => !gpu).map(({ operation }) => operation);
  const missing = operations
    .filter((each) => !(kernels[each.operation] ?? []).some((kernel) => serves(kernel, each)))
    .map(operationWords);
  // What is not done in float32 are a few small numbers, and the pixels before they are converted.
  const passed = missing.length === 0 && !processorOnly.some((operation) => operation.includes('float32'));
  return { placed, processorOnly, missing, passed };
}

function registeredKernels(libFolder: string, operations: string[]): Record<string, Kernel[]> {
  const script = path.join(import.meta.dirname, 'registered_kernels.py');
  const { status, stdout, stderr } = spawnSync('python3', [script, libFolder, ...operations], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`The library does not tell its kernels: ${stderr.trim().slice(-400)}`);
  return JSON.parse(stdout) as Record<string, Kernel[]>;
}

function placeOf(operation: StepOperation, kernels: Kernel[]): Placed {
  const serving = kernels.filter((kernel) => serves(kernel, operation));
  // A kernel for any device is taken where the device has none of its own.
  const kernel =
    serving.find(({ device }) => device === 'GPU') ?? serving.find(({ device }) => device === 'DEFAULT');
  return {
    operation: operationWords(operation),
    gpu: kernel !== undefined,
    hostMemory: kernel?.hostMemory ?? [],
  };
}

function serves({ types }: Kernel, operation: StepOperation): boolean {
  return Object.entries(types).every(([attribute, allowed]) => {
    const type = operation.types[attribute];
    return type === undefined || allowed.includes(type);
  });
}
