import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { Drawback } from '../backend.ts';
import { loadSharedLibrary } from '../shared-library.ts';

/** What TensorFlow needs for a GPU, as far as it is there. */
export interface GpuParts {
  /** CUDA's libraries lie beside TensorFlow's, as in the build for GPUs. */
  readonly cuda: boolean;
  /** The NVIDIA driver's library loads. */
  readonly driver: boolean;
  /** The environment variable CUDA_VISIBLE_DEVICES, with which a user hides GPUs. */
  readonly visibleDevices: string | undefined;
}

/** @returns why TensorFlow computes on the processor, and what to do; null where nothing speaks of a GPU */
export function whyNoGpu({ cuda, driver, visibleDevices }: GpuParts): Drawback | null {
  if (!cuda && !driver) return null;
  if (!cuda) {
    return {
      reason: 'An NVIDIA driver is here, but this TensorFlow is the build for the processor.',
      remedy: 'Run "npm run setup -- --gpu": it fetches the build for GPUs (about 3.4 GB).',
    };
  }
  if (!driver) {
    return {
      reason:
        'This TensorFlow is the build for GPUs, but no NVIDIA driver (libcuda.so.1) was found: it computes on the processor.',
      remedy:
        'Install the NVIDIA driver, version 525 or later, and see that nvidia-smi lists the card. On a machine without an NVIDIA card, "npm run setup -- --cpu" goes back to the smaller build.',
    };
  }
  // CUDA takes the list up to the first number that is no GPU's: these begin with none.
  if (visibleDevices !== undefined && /^\s*(-|$)/.test(visibleDevices)) {
    return {
      reason: `CUDA_VISIBLE_DEVICES is "${visibleDevices}", which hides every GPU: TensorFlow computes on the processor.`,
      remedy: 'Unset CUDA_VISIBLE_DEVICES to compute on the GPU.',
    };
  }
  return {
    reason:
      'TensorFlow is the build for GPUs and an NVIDIA driver is here, but it could use no GPU: it computes on the processor.',
    remedy:
      'See that nvidia-smi lists the card and a driver of version 525 or later. "npm run setup -- --gpu" shows what TensorFlow itself says; it fetches nothing a second time.',
  };
}

/** Looks for them around the TensorFlow that this process has loaded. */
export function gpuParts(): GpuParts {
  const folder = loadedFrom('libtensorflow_framework.so.2');
  return {
    cuda: folder !== null && existsSync(path.join(folder, '..', 'nvidia', 'cuda_runtime')),
    driver: loadSharedLibrary('libcuda.so.1'),
    visibleDevices: process.env.CUDA_VISIBLE_DEVICES,
  };
}

/** The folder that a library of this process was loaded from; null where the system does not tell. */
function loadedFrom(library: string): string | null {
  try {
    const maps = readFileSync('/proc/self/maps', 'utf8').split('\n');
    const line = maps.find((each) => each.endsWith(`/${library}`));
    return line === undefined ? null : path.dirname(line.slice(line.indexOf('/')));
  } catch {
    // Only Linux has builds for GPUs of this version.
    return null;
  }
}

/** "GPU" and the first card's name where the driver tells it: the name is a courtesy. */
export function gpuDevice(): string {
  const folder = '/proc/driver/nvidia/gpus';
  try {
    const models = readdirSync(folder).map((card) =>
      /^Model:\s*(.+)$/m.exec(readFileSync(`${folder}/${card}/information`, 'utf8'))?.[1]?.trim(),
    );
    const model = models.find((each) => each !== undefined);
    return model === undefined ? 'GPU' : `GPU, ${model}`;
  } catch {
    // No such folder outside Linux, or in a container.
    return 'GPU';
  }
}
